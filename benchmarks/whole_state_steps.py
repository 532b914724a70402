"""The steps of `whole_state`, each in a process of its own.

python -m benchmarks.whole_state_steps make SHARE ROLLS VOLUMES    generates the files
python -m benchmarks.whole_state_steps load ROLLS                  loads them through one operation, and looks on
python -m benchmarks.whole_state_steps bare ROLLS FOLDER           takes them with bare tools

Each prints JSON. The databases are those of DATABASE_URL and WAREHOUSE_URL.
"""

import json
import os
import shutil
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import dj_database_url
import polars as pl
import psutil
import psycopg

from benchmarks.whole_state_rolls import make  # sets Django up: before what needs it
from benchmarks.whole_state_watch import Watch
from concord.private_run import installation

TYPES = {"NAL": "parcel_id", "SDF": "parcel_id, sale_id_cd", "NAP": "acct_id"}
BLOCK = 1 << 18


def load(rolls: Path) -> dict[str, Any]:
    """Load all rolls through one operation on a system of its own, and hold its counts against those of the files."""
    databases = {name: os.environ[name] for name in ("DATABASE_URL", "WAREHOUSE_URL")}
    environment = databases | {"FLORIDA_SOURCES": f"whole=file://{rolls}"}
    with installation(environment) as concord, warehouse() as connection:
        watch = Watch(concord.url, concord.key, connection)
        operation = watch.run({"counties": "all", "file_types": list(TYPES), "source": "whole"})
        expected = json.loads((rolls / "made.json").read_text())["rows"]
        return watch.figures() | {"differences": differences(connection, operation, expected)}


def differences(connection: psycopg.Connection, operation: dict[str, Any], expected: dict[str, int]) -> list[str]:
    """What does not agree: the operation's end, and of each file the rows in the zip, as told and in the warehouse."""
    if operation["status"] != "completed":
        errors = [f"{step['label']}, {step['action']}: {step['error']}" for step in operation["steps"] if step["error"]]
        return [f"the operation is {operation['status']}: {operation['error']}", *errors]
    told = {
        f"{step['result']['release'].rsplit('-', 3)[0]}": step["result"]
        for step in operation["steps"]
        if step["action"] == "verify" and step["result"] and "release" in step["result"]
    }
    query = "SELECT co_no, count(*), count(DISTINCT ({})) FROM {}_current GROUP BY co_no"
    rows = {
        f"{kind}-{county}": (held, distinct)
        for kind, key in TYPES.items()
        for county, held, distinct in connection.execute(query.format(key, kind.lower())).fetchall()
    }
    found = []
    for name, wanted in expected.items():
        of_file = told.get(name, {})
        counts = {field: of_file.get(f"rows_{field}") for field in ("source", "processed", "loaded", "quarantined")}
        right = {"source": wanted, "processed": wanted, "loaded": wanted, "quarantined": 0}
        if counts != right or rows.get(name) != (wanted, wanted):
            found.append(f"{name}: {wanted} rows in the file, told {counts}, in the warehouse {rows.get(name)}")
    return found


def bare(rolls: Path, folder: Path) -> dict[str, float]:
    """The seconds that bare tools take for the same files, one by one; ``cpu`` is the processors', the server's too."""
    seconds = {"unzip": 0.0, "parquet": 0.0, "copy": 0.0}
    local = folder / "bare.csv"
    with warehouse() as connection:
        for kind, key in TYPES.items():
            connection.execute(f"CREATE TABLE bare_{kind} (LIKE {kind})")
            connection.execute(f"ALTER TABLE bare_{kind} DROP COLUMN release_id, ADD PRIMARY KEY (co_no, {key})")
        connection.execute("CHECKPOINT")
        server = psutil.Process(connection.info.backend_pid)
        before = time.process_time() + sum(server.cpu_times()[:2])
        for path in sorted(rolls.rglob("*.zip")):
            begun = [time.perf_counter()]
            with (
                zipfile.ZipFile(path) as archive,
                archive.open(archive.infolist()[0]) as source,
                local.open("wb") as to,
            ):
                shutil.copyfileobj(source, to, 1 << 20)
            begun.append(time.perf_counter())
            pl.scan_csv(local, infer_schema=False).sink_parquet(folder / f"{path.stem}.parquet")
            begun.append(time.perf_counter())
            copy(connection, f"bare_{path.parts[-3]}", local)
            begun.append(time.perf_counter())
            for name, start, end in zip(seconds, begun, begun[1:], strict=False):
                seconds[name] += end - start
        cpu = time.process_time() + sum(server.cpu_times()[:2]) - before
    return seconds | {"cpu": cpu}


def unzip(path: Path, to: Path) -> None:
    """Write the one file in a zip to ``to``."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.infolist()[0]) as source, to.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)


def copy(connection: psycopg.Connection, table: str, path: Path) -> None:
    """COPY a CSV with its header into ``table``."""
    with path.open("rb") as file:
        names = file.readline().decode().strip()
        with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as target:
            while block := file.read(BLOCK):
                target.write(block)


def warehouse() -> psycopg.Connection:
    server = dj_database_url.parse(os.environ["WAREHOUSE_URL"])
    return psycopg.connect(host=server["HOST"], user=server["USER"], dbname=server["NAME"], autocommit=True)


def main() -> None:
    name, *words = sys.argv[1:]
    if name == "make":
        result: Any = make(float(words[0]), Path(words[1]), Path(words[2]))
    elif name == "load":
        result = load(Path(words[0]))
    else:
        result = bare(Path(words[0]), Path(words[1]))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
