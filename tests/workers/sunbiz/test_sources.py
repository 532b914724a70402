"""Files come from a folder, an object store or an SFTP server, and a transfer that broke off goes on where it was."""

import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from pytest_django import Settings

from tests.workers.sunbiz.make import entity, in_warehouse, put, rows, run, sync, text
from workers.contract import InvalidParameters, TryLater
from workers.sunbiz import fetching

pytest.importorskip("paramiko")

from tests.workers.sunbiz.sftp_server import PASSWORD, USERNAME, SftpServer, serving

pytestmark = in_warehouse


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[SftpServer]:
    """An SFTP server with a daily file, configured as the source `remote`."""
    folder = tmp_path / "remote"
    put_remote(folder, "Public/doc/cor/20250702c.txt", 2000)
    with serving(SftpServer(folder)) as server:
        settings.SUNBIZ_SOURCES = {"remote": f"{server.url}Public/doc"}
        settings.SUNBIZ_SFTP_USERNAME, settings.SUNBIZ_SFTP_PASSWORD = USERNAME, PASSWORD
        yield server


def put_remote(folder: Path, name: str, count: int) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text(entity(number) for number in range(count)))


def test_files_come_over_sftp_and_leave_no_copy_behind(server, place):
    first, again = sync(source="remote"), sync(source="remote")

    assert (first["rows_inserted"], again["files_unchanged"]) == (2000, 1)
    assert [path.name for path in (place / "partial").iterdir() if path.suffix != ".lock"] == []


def test_a_transfer_that_broke_off_goes_on_where_it_was(server, place, monkeypatch):
    monkeypatch.setattr(fetching, "BLOCK", 1 << 16)
    server.breaks_after = 1 << 20
    with pytest.raises(TryLater, match=r"20250702c\.txt cannot be read"):
        sync(source="remote")
    [partial] = [path for path in (place / "partial").iterdir() if not path.suffix]
    there = partial.stat().st_size
    server.breaks_after = None
    server.read.clear()

    synced = sync(source="remote")

    assert there > 0
    assert server.read == {"20250702c.txt": there}
    assert synced["rows_inserted"] == 2000


def test_a_file_that_changed_meanwhile_is_fetched_anew(server, place, monkeypatch):
    monkeypatch.setattr(fetching, "BLOCK", 1 << 16)
    server.breaks_after = 1 << 20
    with pytest.raises(TryLater):
        sync(source="remote")
    server.breaks_after = None
    put_remote(server.folder, "Public/doc/cor/20250702c.txt", 1999)
    os.utime(server.folder / "Public/doc/cor/20250702c.txt", (1, 1))

    assert sync(source="remote")["rows_inserted"] == 1999


def test_a_server_with_another_key_than_before_is_refused(server, tmp_path, settings):
    sync(source="remote")
    with serving(SftpServer(server.folder)) as impostor:
        known = settings.VAR / "known_hosts"
        known.write_text(known.read_text().replace(f":{server.port}", f":{impostor.port}"))
        settings.SUNBIZ_SOURCES = {"remote": f"{impostor.url}Public/doc"}

        with pytest.raises(InvalidParameters, match=r"shows another key than before.*known_hosts"):
            sync(source="remote")


def test_a_refused_log_in_names_the_setting_and_not_the_password(server, settings):
    settings.SUNBIZ_SFTP_PASSWORD = "wrong-one"

    with pytest.raises(InvalidParameters, match="refuses the log-in of SUNBIZ_SFTP_USERNAME") as refusal:
        sync(source="remote")

    assert "wrong-one" not in str(refusal.value)


def test_without_a_log_in_it_is_said_where_to_put_one(settings):
    settings.SUNBIZ_SFTP_USERNAME = ""

    with pytest.raises(InvalidParameters, match="set SUNBIZ_SFTP_USERNAME and SUNBIZ_SFTP_PASSWORD"):
        sync(source="state")


def test_a_server_that_is_away_is_worth_another_try(server, settings):
    settings.SUNBIZ_SOURCES = {"remote": "sftp://127.0.0.1:1/Public/doc"}

    with pytest.raises(TryLater, match=r"remote \(127\.0\.0\.1\) cannot be reached"):
        sync(source="remote")


def test_monitoring_goes_on_when_the_source_is_away(server, settings, place):
    put(place, "20250702c.txt", entity())
    sync()
    settings.SUNBIZ_SOURCES = {"remote": "sftp://127.0.0.1:1/Public/doc"}

    status = run("monitor_status", source="remote")

    assert status["source_listed"] is False
    assert "cannot be reached" in status["source_error"]
    assert [seen["daily_to"] for seen in status["series"]] == ["2025-07-02"]


def test_files_come_from_an_object_store(settings):
    store = fsspec.filesystem("memory")
    store.pipe_file("/bucket/doc/cor/20250702c.txt", text([entity(1), entity(2)]))
    settings.SUNBIZ_SOURCES = {"store": "memory://bucket/doc"}
    try:
        first, again = sync(source="store"), sync(source="store")
    finally:
        store.rm("/bucket", recursive=True)

    assert (first["rows_inserted"], again["files_unchanged"]) == (2, 1)
    assert rows("SELECT count(*) FROM sunbiz_entity") == [(2,)]


def test_one_file_of_a_source_can_be_named(place):
    path = put(place, "20250702c.txt", entity(1))
    put(place, "20250703c.txt", entity(2))

    assert sync(source=str(path))["files_found"] == 1


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_source_may_be_a_path_and_a_file_beneath_it_be_named(tmp_path, settings, scheme):
    put_remote(tmp_path, "cor/20250702c.txt", 3)
    settings.SUNBIZ_SOURCES = {"folder": str(tmp_path)}

    assert sync(source="folder")["rows_inserted"] == 3
    assert sync(source=f"{scheme}{tmp_path}/cor/20250702c.txt")["files_unchanged"] == 1
