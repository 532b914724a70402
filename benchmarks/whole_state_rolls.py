"""The files of `whole_state`: every county's rolls at a share of its real size, and how many rows each has."""

import csv
import json
import math
import multiprocessing
import zipfile
from pathlib import Path
from typing import Any

import django

django.setup()

from workers.counties import COUNTIES, County  # noqa: E402
from workers.florida_data.layouts import FileType  # noqa: E402
from workers.florida_data.sample.rolls import Roll, write_roll, zip_name  # noqa: E402

TYPES: tuple[FileType, ...] = ("NAL", "SDF", "NAP")
STATE_PARCELS = 11_090_000
# The largest county has about as many times the parcels of the smallest.
SPREAD = 150
AT_ONCE = 2
BLOCK = 1 << 20
FEWEST = 20


def parcels(volumes: Path) -> dict[int, int]:
    """Each county's parcels, by its number: from the inventory, and what the state has beyond it for the others."""
    if not volumes.is_file():
        return made_up()
    with volumes.open(newline="") as file:
        known = {int(row["co_no"]): int(row["nal_rows"] or 0) for row in csv.DictReader(file)}
    missing = [county.no for county in COUNTIES if not known.get(county.no)]
    rest = max(0, STATE_PARCELS - sum(known.values()))
    return known | {number: rest // len(missing) for number in missing}


def made_up() -> dict[int, int]:
    """Sizes that fall off as those of the real counties do."""
    weights = [math.exp(-rank * math.log(SPREAD) / (len(COUNTIES) - 1)) for rank in range(len(COUNTIES))]
    whole = sum(weights)
    return {county.no: int(STATE_PARCELS * weight / whole) for county, weight in zip(COUNTIES, weights, strict=True)}


def make(share: float, folder: Path, volumes: Path) -> dict[str, Any]:
    """Write what is not there yet; what there is then: rows by file, such as NAL-16, and bytes unzipped."""
    note = folder / "made.json"
    if not note.exists():
        sizes = parcels(volumes)
        wanted = [
            (county, max(FEWEST, int(sizes[county.no] * share)), kind, folder) for county in COUNTIES for kind in TYPES
        ]
        with multiprocessing.get_context("spawn").Pool(AT_ONCE) as pool:
            counts = pool.starmap(_write, wanted, chunksize=1)
        made = {
            "types": list(TYPES),
            "sizes": "real" if volumes.is_file() else "made-up",
            "rows": {
                f"{kind}-{county.no}": rows for (county, _, kind, _), (rows, _) in zip(wanted, counts, strict=True)
            },
            "bytes": sum(size for _, size in counts),
        }
        note.write_text(json.dumps(made))
    return json.loads(note.read_text())


def _write(county: County, size: int, kind: FileType, folder: Path) -> tuple[int, int]:
    roll = Roll(county, size)
    path = folder / kind / "2025P" / zip_name(roll, kind)
    if not path.exists():
        write_roll(roll, kind, path)
    return _count(path)


def _count(path: Path) -> tuple[int, int]:
    """(rows, bytes) of the CSV in a zip: its lines beneath the header, since no generated cell has a line end."""
    rows, size = -1, 0
    with zipfile.ZipFile(path) as archive, archive.open(archive.infolist()[0]) as file:
        while block := file.read(BLOCK):
            rows += block.count(b"\n")
            size += len(block)
    return rows, size
