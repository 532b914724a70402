"""Syncing a quarter of entities into PostgreSQL, against a bare read of its bytes and a bare COPY of its rows.

    python -m benchmarks.sync_sunbiz [--entities 1000000] [--rounds 2] [--json]

Makes cordata.zip with generated records, then by turns, each in a process of its own: reads its bytes and does nothing
with them; reads and checks its records and loads none; syncs it. Against that, COPY from CSV files that were prepared
before, into tables with the same columns and keys: the entities, then their officers. The server is its own, with
PostgreSQL's durability.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import dj_database_url
import psycopg

from benchmarks.load_rolls import BLOCK, DURABLE, MIGRATE, run
from tests import postgres

STEPS = ("read", "parse", "sync")
TABLES = {"sunbiz_entity": "document_number", "sunbiz_officer": "document_number, position"}


def prepare(warehouse: psycopg.Connection, folder: Path) -> None:
    """Write what a sync loaded as the CSV files that COPY reads."""
    for table in TABLES:
        with (
            (folder / table).open("wb") as file,
            warehouse.cursor().copy(f"COPY {table} TO STDOUT (FORMAT csv)") as copy,
        ):
            for block in copy:
                file.write(block)


def bare_copy(warehouse: psycopg.Connection, folder: Path) -> float:
    """Seconds that COPY takes into empty tables with the same columns and keys."""
    seconds = 0.0
    for table, key in TABLES.items():
        warehouse.execute("DROP TABLE IF EXISTS bare")
        warehouse.execute(f"CREATE TABLE bare (LIKE {table})")
        warehouse.execute(f"ALTER TABLE bare ADD PRIMARY KEY ({key})")
        started = time.perf_counter()
        with (folder / table).open("rb") as file, warehouse.cursor().copy("COPY bare FROM STDIN (FORMAT csv)") as copy:
            while block := file.read(BLOCK):
                copy.write(block)
        seconds += time.perf_counter() - started
    return seconds


def forget(warehouse: psycopg.Connection) -> None:
    """Empty the tables, so that the file can be synced again."""
    warehouse.execute(f"TRUNCATE {', '.join(TABLES)}, workers_feedfile")
    warehouse.execute("CHECKPOINT")


def measure(folder: Path, url: str, entities: int, rounds: int) -> dict[str, Any]:
    environment = os.environ | {
        "CONCORD_VAR": str(folder),
        "DOTENV": os.devnull,
        "DJANGO_SETTINGS_MODULE": "concord.settings",
        "WAREHOUSE_URL": url,
        "DATA_URL": f"file://{folder}/data",
    }

    def step(*words: str) -> dict[str, Any]:
        return json.loads(run(environment, "-m", "benchmarks.sunbiz_steps", *words))

    run(environment, "-c", MIGRATE)
    size = step("make", str(entities))["count"]
    server = dj_database_url.parse(url)
    parameters = {"host": server["HOST"], "user": server["USER"], "dbname": server["NAME"]}
    copies: list[float] = []
    steps: dict[str, list[dict[str, Any]]] = {name: [] for name in STEPS}
    with psycopg.connect(**parameters, autocommit=True) as warehouse:
        step("sync")  # not counted: the server's files grow for the first time
        prepare(warehouse, folder)
        for _ in range(rounds):
            forget(warehouse)
            copies.append(bare_copy(warehouse, folder))
            forget(warehouse)
            for name in STEPS:
                steps[name].append(step(name))
    return summary(entities, size, copies, steps)


def summary(entities: int, size: int, copies: list[float], steps: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    seconds = {name: statistics.median(one["seconds"] for one in ones) for name, ones in steps.items()}
    copy = statistics.median(copies)
    return {
        "entities": entities,
        "mb": round(size / 1e6),
        **{f"{name}_seconds": round(value, 2) for name, value in seconds.items()},
        "copy_seconds": round(copy, 2),
        "rows_per_second": round(entities / seconds["sync"]),
        "sync_to_copy": round(seconds["sync"] / copy, 2),
        "sync_to_read": round(seconds["sync"] / seconds["read"], 1),
        "sync_rounds": [round(one["seconds"], 2) for one in steps["sync"]],
        "copy_rounds": [round(one, 2) for one in copies],
        "peak_mb": round(max(one["peak_mb"] for one in steps["sync"])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entities", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder, postgres.running(DURABLE) as url:
        figures = measure(Path(folder), url, options.entities, options.rounds)
    words = (
        "{entities} entities, {mb} MB: sync {sync_seconds} s ({rows_per_second} rows/s, peak {peak_mb} MB), "
        "bare COPY {copy_seconds} s ({sync_to_copy} times), bare read {read_seconds} s ({sync_to_read} times), "
        "reading and checking {parse_seconds} s"
    )
    print(json.dumps(figures) if options.json else words.format(**figures))


if __name__ == "__main__":
    main()
