"""No connection goes to where clouds keep credentials, not even one that a library makes by itself."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry as implementations
from pytest_django import Settings

from tests.limits.called import METADATA, Server, serving
from workers import outgoing
from workers.contract import Call, TryLater
from workers.florida_data import sources as rolls
from workers.florida_data.folders import list_folder

MINE = "127.0.0.2"  # stands for an address where a cloud keeps credentials


class Bucket(MemoryFileSystem):
    """Stands for the library of an object store: it asks an address that is not ours to choose, before it lists."""

    protocol = "s3"
    address = ("", 0)

    def find(self, path: str, **options: Any) -> Any:
        with socket.create_connection(self.address, timeout=5):
            return super().find(path, **options)


@pytest.fixture
def bucket(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A bucket as a source, whose library asks a server that may be at an address of credentials."""
    with serving(MINE) as server:
        monkeypatch.setattr(Bucket, "address", ("credentials.example", server.port))
        monkeypatch.setattr(outgoing, "METADATA", [ipaddress.ip_network(MINE)])
        monkeypatch.setitem(implementations, "s3", Bucket)
        settings.FLORIDA_SOURCES = {"bucket": "s3://rolls"}
        yield server


def listed() -> list[Any]:
    return list_folder(Call(), rolls.find_source("bucket").url)


def test_a_library_that_is_led_to_credentials_is_stopped_whatever_it_is(
    bucket: Server, names: dict[str, list[str]]
) -> None:
    names["credentials.example"] = [MINE]

    with pytest.raises(TryLater, match=f"{MINE} is where clouds keep credentials, and never called"):
        listed()


def test_it_may_go_anywhere_else_and_there_too_where_the_setting_says_so(
    bucket: Server, names: dict[str, list[str]], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["credentials.example"] = [MINE]
    settings.OUTGOING_METADATA = True
    assert listed() == []

    settings.OUTGOING_METADATA = False
    monkeypatch.setattr(outgoing, "METADATA", [])
    assert listed() == []


@pytest.mark.parametrize(
    "address",
    [
        METADATA,
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd00:c1::a9fe:a9fe",
        "fd00:100::100:200",
        "100.100.100.200",
        "169.254.170.2",
        "fe80::1%lo",
        "2852039166",
    ],
)
def test_no_connection_is_made_to_where_clouds_keep_credentials(address: str) -> None:
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(kind) as connection, pytest.raises(PermissionError, match="where clouds keep credentials"):
        connection.connect((address, 80))


@pytest.mark.parametrize("host", [METADATA.encode(), bytearray(METADATA, "ascii"), b"2852039166"])
def test_nor_where_the_address_is_given_as_bytes(host: bytes) -> None:
    with socket.socket() as connection, pytest.raises(PermissionError, match="where clouds keep credentials"):
        connection.connect((host, 80))


def test_nor_by_what_waits_for_many_connections_at_once() -> None:
    async def connect() -> None:
        await asyncio.open_connection(METADATA, 80)

    with pytest.raises(PermissionError, match="where clouds keep credentials"):
        asyncio.run(connect())


def test_sockets_of_this_machine_are_as_they_were(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        client.connect(str(tmp_path / "socket"))
    with serving() as web, socket.create_connection(("localhost", web.port)):
        pass
