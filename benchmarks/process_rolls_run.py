"""One run of `process`, or the making of its file, in a process of its own: prints seconds and peak bytes as JSON."""

import hashlib
import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
django.setup()

from workers import counties  # noqa: E402 - Django must be set up first
from workers.contract import Call  # noqa: E402
from workers.florida_data import worker  # noqa: E402
from workers.florida_data.sample.rolls import Roll, write_csv, write_roll  # noqa: E402

NAME = "NAL16P202501.csv"


def main() -> None:
    """Run the way that the command line names."""
    way, folder, work, rows = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    if way == "make":
        seconds = make(folder, rows)
    else:
        seconds = read_with_process(folder, work, zipped=way.endswith("zip"), rows=rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


def make(folder: Path, rows: int) -> float:
    """Generate the CSV and its zip, unless they are there."""
    started = time.perf_counter()
    roll = Roll(counties.find("Broward"), rows)
    if not (folder / NAME).exists():
        write_csv(roll, "NAL", folder / NAME)
    if not (folder / "NAL.zip").exists():
        write_roll(roll, "NAL", folder / "NAL.zip")
    return time.perf_counter() - started


def read_with_process(folder: Path, work: Path, *, zipped: bool, rows: int) -> float:
    """The action, with the file stored as `download` stores it."""
    stored = work / "data" / "downloads" / ("NAL.zip" if zipped else NAME)
    stored.parent.mkdir(parents=True)
    shutil.copy(folder / stored.name, stored)
    url = f"file://{stored}"
    with (folder / NAME).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    archive = {"url": url, "bytes": stored.stat().st_size, "sha256": "", "etag": ""}
    download = {"label": "Broward NAL 2025P", "county_no": 16, "county": "Broward", "file_type": "NAL", "year": 2025}
    download |= {"stage": "P", "submission": 1, "member": NAME, "release": f"NAL-16-2025P-01-{digest[:12]}"}
    download |= {"archive": archive, "unchanged": False}
    download |= {"csv": {"url": None if zipped else url, "bytes": (folder / NAME).stat().st_size, "sha256": digest}}
    started = time.perf_counter()
    result = worker.actions["process"].run(Call(), {"download": download, "level": "strict"})
    seconds = time.perf_counter() - started
    assert result["rows_processed"] == rows, result
    return seconds


if __name__ == "__main__":
    main()
