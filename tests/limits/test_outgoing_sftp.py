"""A server of files over SFTP is called at the address that was looked at, and nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.limits.called import METADATA
from tests.workers.sunbiz.sftp_server import PASSWORD, USERNAME, SftpServer, serving
from workers.contract import ActionError, InvalidParameters
from workers.sunbiz import sftp
from workers.sunbiz import sources as sunbiz


@pytest.fixture
def division(tmp_path: Path, settings: Settings) -> Iterator[SftpServer]:
    """The Division's server, by a name."""
    (tmp_path / "doc").mkdir()
    settings.VAR = tmp_path
    with serving(SftpServer(tmp_path)) as server:
        settings.SUNBIZ_SOURCES = {"division": f"sftp://files.example:{server.port}/doc"}
        settings.SUNBIZ_SFTP_USERNAME, settings.SUNBIZ_SFTP_PASSWORD = USERNAME, PASSWORD
        yield server


def division_listed() -> list[str]:
    file_system, path = sunbiz.find_source("division").opened()
    found = file_system.ls(path)
    file_system.client.close()
    return found


def test_files_come_from_the_address_that_the_name_of_their_server_leads_to(
    division: SftpServer, names: dict[str, list[str]]
) -> None:
    names["files.example"] = ["127.0.0.1"]

    assert division_listed() == []


def test_a_server_of_files_is_looked_up_once_and_called_there(
    division: SftpServer, names: dict[str, list[str]]
) -> None:
    names["files.example"] = ["127.0.0.1", METADATA]

    assert division_listed() == []
    with pytest.raises(ActionError, match="never called"):
        division_listed()


def test_its_key_is_that_of_its_name_wherever_that_leads(
    division: SftpServer, names: dict[str, list[str]], settings: Settings
) -> None:
    names["files.example"] = ["127.0.0.1"]
    division_listed()
    names["files.example"] = ["::ffff:127.0.0.1"]
    known = settings.VAR / "known_hosts"

    assert division_listed() == []
    assert [line.split()[0] for line in known.read_text().splitlines()] == [f"[files.example]:{division.port}"]


@pytest.mark.parametrize("address", [METADATA, "::ffff:169.254.169.254", "fd00:ec2::23", "0.0.0.0"])
def test_a_server_of_files_whose_name_leads_where_nobody_calls_is_not_asked(
    division: SftpServer, names: dict[str, list[str]], address: str
) -> None:
    names["files.example"] = [address]

    with pytest.raises(InvalidParameters, match=r"source: division may not be called: .* is never called") as refusal:
        division_listed()

    assert refusal.value.field == "source"
    assert division.connections == 0


def test_a_server_of_files_that_is_no_source_is_not_called(division: SftpServer, settings: Settings) -> None:
    with pytest.raises(InvalidParameters, match="SUNBIZ_SOURCES adds others"):
        sftp.connect("other", "127.0.0.1", division.port, (USERNAME, PASSWORD), settings.VAR / "known_hosts")
