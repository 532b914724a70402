"""Rolls for tests: made, stored and read through the worker's own actions, in folders of the test's own."""

import contextlib
import csv
import io
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp

from workers import counties, datasets
from workers.contract import Call
from workers.florida_data import worker
from workers.florida_data.layouts import FileType, layout, member_name
from workers.florida_data.sample.rolls import Roll, csv_chunks

Json = dict[str, Any]
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "dor"
real_data = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")


def run(action: str, call: Call | None = None, **parameters: Any) -> Json:
    """An action of florida_data as a caller runs it, through its schemas."""
    return worker.actions[action].run(call or Call(), parameters)


def make_csv(file_type: FileType = "SDF", parcels: int = 300, county: int = 16, **fields: Any) -> bytes:
    """A sample roll's CSV."""
    return b"".join(csv_chunks(Roll(counties.find(county), parcels, **fields), file_type))


def make_rows(header: list[str], *rows: dict[str, str], end: str = "\r\n") -> bytes:
    """A CSV of these rows, blank where they say nothing."""
    lines = [header, *([row.get(name, "") for name in header] for row in rows)]
    return "".join(",".join(cells) + end for cells in lines).encode()


def make_sales(*rows: dict[str, str], county: int = 16, end: str = "\r\n") -> bytes:
    """A sale file with these rows, each good unless it says otherwise."""
    good = {"CO_NO": str(county), "ASMNT_YR": "2025", "SALE_PRC": "100", "SALE_YR": "2025"}
    filled = [good | {"PARCEL_ID": f"{n:06}", "SALE_ID_CD": f'"{n:04}"'} | row for n, row in enumerate(rows)]
    return make_rows(list(layout("SDF", 2025, "P").header), *filled, end=end)


def make_zip(path: Path, content: bytes, member: str = "SDF16P202501.csv") -> Path:
    """A zip with one member."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return path


def store(folder: Path, content: bytes, file_type: FileType = "SDF", county: int = 16, year: int = 2025) -> Json:
    """Put a CSV into the inbox, and the result of discovering and downloading it."""
    name = member_name(file_type, county, "P", year)
    make_zip(folder / "inbox" / f"{name}.zip", content, name)
    [file] = run("discover", counties=[county], file_types=[file_type], source="inbox")["files"]
    return run("download", file=file)


def read(reference: Json) -> list[Json]:
    """The rows of a dataset."""
    return datasets.read(reference).to_dicts()


def cells(content: bytes) -> list[list[str]]:
    """The cells of a CSV as Python's own reader sees them, header first."""
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def written(value: object) -> str:
    """A value of a dataset as the CSV had it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port inside the block and give its URL."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 10
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < end, "the server did not start in ten seconds"
            time.sleep(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
    assert not thread.is_alive(), "the server did not stop"
