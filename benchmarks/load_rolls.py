"""Loading a roll into PostgreSQL, against a bare COPY of the same columns with the same key.

    python -m benchmarks.load_rolls [--rows 750000] [--rounds 3] [--json]

Makes and processes a NAL file, then loads it by turns: with `upload`, in a process of its own, and with COPY from a
CSV that was prepared before, into a table with the same columns and the primary key (co_no, parcel_id). The server is
its own, with PostgreSQL's durability.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import dj_database_url
import polars as pl
import psycopg

from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
DURABLE = "-c fsync=on -c synchronous_commit=on -c full_page_writes=on -c shared_buffers=256MB -c max_wal_size=4GB"
BLOCK = 1 << 18
MIGRATE = "import django; django.setup(); from django.core.management import call_command as call; "
MIGRATE += "call('migrate', database='warehouse', verbosity=0, skip_checks=True)"


def run(environment: dict[str, str], *words: str) -> str:
    """The output of a Python process with these arguments."""
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def bare_copy(warehouse: psycopg.Connection, names: list[str], prepared: Path) -> float:
    """Seconds that COPY takes into an empty table with the roll's columns and key."""
    warehouse.execute("DROP TABLE IF EXISTS bare")
    warehouse.execute("CREATE TABLE bare (LIKE nal)")
    warehouse.execute("ALTER TABLE bare DROP COLUMN release_id, ADD PRIMARY KEY (co_no, parcel_id)")
    started = time.perf_counter()
    statement = f"COPY bare ({', '.join(names)}) FROM STDIN (FORMAT csv)"
    with prepared.open("rb") as file, warehouse.cursor().copy(statement) as copy:
        while block := file.read(BLOCK):
            copy.write(block)
    return time.perf_counter() - started


def forget(warehouse: psycopg.Connection) -> None:
    """Remove the release that was loaded, so that it can be loaded again."""
    for (release,) in warehouse.execute("DELETE FROM workers_release RETURNING id").fetchall():
        warehouse.execute(f"DROP TABLE nal_{release}")
    warehouse.execute("CHECKPOINT")


def measure(folder: Path, url: str, rows: int, rounds: int) -> dict[str, Any]:
    environment = os.environ | {
        "CONCORD_VAR": str(folder),
        "DOTENV": os.devnull,
        "DJANGO_SETTINGS_MODULE": "concord.settings",
        "WAREHOUSE_URL": url,
        "DATA_URL": f"file://{folder}/data",
    }
    processed, prepared = folder / "processed.json", folder / "prepared.csv"
    run(environment, "-c", MIGRATE)
    run(environment, "-m", "benchmarks.roll_steps", "prepare", str(rows), str(processed))
    roll = pl.scan_parquet(json.loads(processed.read_text())["dataset"]["$dataset"])
    roll.sink_csv(prepared, include_header=False)
    names = [name.lower() for name in roll.collect_schema().names()]
    server = dj_database_url.parse(url)
    parameters = {"host": server["HOST"], "user": server["USER"], "dbname": server["NAME"]}
    copies, uploads = [], []
    with psycopg.connect(**parameters, autocommit=True) as warehouse:
        for _ in range(rounds):
            copies.append(bare_copy(warehouse, names, prepared))
            forget(warehouse)
            uploads.append(json.loads(run(environment, "-m", "benchmarks.roll_steps", "upload", str(processed))))
            forget(warehouse)
    return summary(rows, prepared.stat().st_size, copies, uploads)


def summary(rows: int, size: int, copies: list[float], uploads: list[dict[str, float]]) -> dict[str, Any]:
    copy = statistics.median(copies)
    upload = statistics.median(one["seconds"] for one in uploads)
    return {
        "rows": rows,
        "csv_mb": round(size / 1e6, 1),
        "copy_seconds": round(copy, 2),
        "upload_seconds": round(upload, 2),
        "ratio": round(upload / copy, 2),
        "copy_rounds": [round(seconds, 2) for seconds in copies],
        "upload_rounds": [round(one["seconds"], 2) for one in uploads],
        "peak_mb": round(max(one["peak_mb"] for one in uploads)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=750_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder, postgres.running(DURABLE) as url:
        figures = measure(Path(folder), url, options.rows, options.rounds)
    words = "{rows} rows: upload {upload_seconds} s, bare COPY {copy_seconds} s, {ratio} times; peak {peak_mb} MB"
    print(json.dumps(figures) if options.json else words.format(**figures))


if __name__ == "__main__":
    main()
