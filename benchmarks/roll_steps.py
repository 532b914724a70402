"""The steps of `load_rolls` that are Concord's, each in a process of its own so that its memory can be told.

python -m benchmarks.roll_steps prepare ROWS FILE    makes a NAL, processes it, writes the result of that as JSON
python -m benchmarks.roll_steps upload FILE          uploads it and prints the seconds and the peak memory
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from workers import counties, datasets  # noqa: E402
from workers.contract import Call  # noqa: E402
from workers.florida_data.layouts import member_name, parse_member  # noqa: E402
from workers.florida_data.process import process  # noqa: E402
from workers.florida_data.sample.rolls import Roll, write_csv  # noqa: E402
from workers.florida_data.upload import upload  # noqa: E402


def downloaded(rows: int) -> dict[str, Any]:
    """Generate a roll of so many parcels, as `download` would answer it."""
    county = counties.find("Broward")
    member = parse_member(member_name("NAL", county.no, "P", 2025))
    with datasets.workspace() as folder:
        local = write_csv(Roll(county, rows), "NAL", folder / member.name)
        size, digest = local.stat().st_size, datasets.sha256(local)
        url = datasets.publish(local, f"benchmark/{member.name}")
    about = {"label": "Broward NAL 2025P", "county_no": county.no, "county": county.name, "file_type": "NAL"}
    release = {"year": 2025, "stage": "P", "submission": 1, "member": member.name, "release": member.release(digest)}
    stored = {"url": url, "bytes": size, "sha256": digest}
    return {**about, **release, "archive": stored | {"etag": ""}, "csv": stored, "unchanged": False}


def prepare(rows: int, result: Path) -> None:
    """Generate a roll of so many parcels, process it, and write what `process` answers to ``result``."""
    result.write_text(json.dumps(process.run(Call(), {"download": downloaded(rows)})))


def load(processed: Path) -> None:
    """Upload what `prepare` made, and print how long that took and how much memory this process had at most."""
    parameters = {"processed": json.loads(processed.read_text())}
    started = time.perf_counter()
    uploaded = upload.run(Call(), parameters)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb(), "rows": uploaded["rows_uploaded"]}))


def peak_mb() -> float:
    """The most memory this process had. Not getrusage: what that tells begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    steps = parser.add_subparsers(dest="step", required=True)
    preparing = steps.add_parser("prepare")
    preparing.add_argument("rows", type=int)
    preparing.add_argument("file", type=Path)
    steps.add_parser("upload").add_argument("file", type=Path)
    options = parser.parse_args()
    if options.step == "prepare":
        prepare(options.rows, options.file)
    else:
        load(options.file)


if __name__ == "__main__":
    main()
