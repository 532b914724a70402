"""Records and files for tests, made field by field; and the worker's actions as a caller runs them."""

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from workers.contract import Call
from workers.sunbiz import worker
from workers.sunbiz.layouts import CORPORATIONS, EVENTS, FICTITIOUS, Layout

Json = dict[str, Any]
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "sunbiz"
real_data = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
# What a test of the warehouse needs: its databases, its tables empty, and a folder of its own.
in_warehouse = [
    pytest.mark.django_db(databases=["default", "warehouse"], transaction=True),
    pytest.mark.usefixtures("warehouse", "place"),
]

ENTITY = {"name": "HERON HOLDINGS LLC", "status": "A", "filing_type": "FLAL", "file_date": "02282020"}


def run(action: str, call: Call | None = None, **parameters: Any) -> Json:
    """An action of sunbiz, through its schemas."""
    return worker.actions[action].run(call or Call(), parameters)


def sync(**parameters: Any) -> Json:
    return run("sync_entities", **({"source": "inbox"} | parameters))


def entity(number: int = 1, **fields: str) -> bytes:
    """The record of an entity, good unless a field says otherwise."""
    return CORPORATIONS.pack(ENTITY | {"document_number": f"L20{number:09}"} | fields)


def event(number: int = 1, **fields: str) -> bytes:
    given = {"document_number": f"L20{number:09}", "sequence": "00001", "code": "CORAPNC", "filed_date": "03012021"}
    return EVENTS.pack(given | fields)


def fictitious(number: int = 1, **fields: str) -> bytes:
    given = {"document_number": f"G20{number:09}", "name": "HERON HOMES", "status": "A", "file_date": "03112020"}
    return FICTITIOUS.pack(given | fields)


def text(records: Iterable[bytes], end: bytes = b"\n") -> bytes:
    return b"".join(record + end for record in records)


def put(place: Path, name: str, *records: bytes, end: bytes = b"\n") -> Path:
    """A file in the inbox."""
    path = place / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text(records, end))
    return path


def put_zip(place: Path, name: str, members: dict[str, bytes], day: tuple[int, int, int] = (2025, 7, 1)) -> Path:
    path = place / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            info = zipfile.ZipInfo(member, (*day, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def rows(query: str) -> list[tuple[Any, ...]]:
    """What the warehouse answers, days as texts on both databases."""
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(query)
        return [tuple(cell.isoformat() if hasattr(cell, "isoformat") else cell for cell in row) for row in cursor]


def slices(record: bytes, layout: Layout = CORPORATIONS) -> dict[str, bytes]:
    """The bytes of each field, cut without the code under test."""
    found, start = {}, 0
    for at in layout.slices:
        found[at.name] = record[start : start + at.width]
        start += at.width
    return found
