"""All 67 counties at a share of their real sizes through one operation, against bare tools on the same files.

    python -m benchmarks.whole_state [--share 0.01 0.1] [--rolls FOLDER] [--json]

For each share: generates the NAL, SDF and NAP of every county (outside the measured time; --rolls keeps them), starts
a whole Concord on a PostgreSQL of its own with PostgreSQL's durability and the default two queue workers, and loads
all of it through one data_pipeline. Then, in the same run and on the same server, the bare tools take the same files
one by one: unzip, polars reading all columns as text and writing Parquet, COPY of the CSV into a table with the same
columns and key. The operation does more: it checks every cell's type and key, holds the rolls against 150 rules, counts
source and table again, and keeps its state so that any process may be killed meanwhile.

Every file's rows are counted in the zip, by the operation and in the warehouse: any difference fails the run. Sizes are
the counties' real ones where the inventory of 2025 is at hand (--volumes), else made up in the same proportions.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load_rolls import DURABLE
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
VOLUMES = ROOT.parent / "shared" / "data" / "dor" / "county_volumes_2025P.csv"


def step(environment: dict[str, str], *words: str) -> Any:
    """What a step of `whole_state_steps` printed, run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.whole_state_steps", *words]
    return json.loads(subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def measure(share: float, rolls: Path, volumes: Path) -> dict[str, Any]:
    """The figures of one share of the state's sizes."""
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder, postgres.running(DURABLE) as url:
        server = url.rsplit("/", 1)[0]
        with psycopg.connect(url, autocommit=True) as connection:
            for name in ("concord", "warehouse"):
                connection.execute(f"CREATE DATABASE {name}")
        environment = os.environ | {
            "CONCORD_VAR": folder,
            "DOTENV": os.devnull,
            "DJANGO_SETTINGS_MODULE": "concord.settings",
            "DATABASE_URL": f"{server}/concord",
            "WAREHOUSE_URL": f"{server}/warehouse",
        }
        made = step(environment, "make", str(share), str(rolls), str(volumes))
        loaded = step(environment, "load", str(rolls))
        bare = step(environment, "bare", str(rolls), folder)
    return summary(share, made, loaded, bare)


def summary(share: float, made: dict[str, Any], loaded: dict[str, Any], bare: dict[str, float]) -> dict[str, Any]:
    rows = sum(made["rows"].values())
    tools = bare["parquet"] + bare["copy"]
    return {
        "share": share,
        "files": len(made["rows"]),
        "rows": {kind: sum(n for name, n in made["rows"].items() if name.startswith(kind)) for kind in made["types"]},
        "csv_mb": round(made["bytes"] / 1e6),
        "sizes": made["sizes"],
        "seconds": round(loaded["seconds"], 1),
        "rows_per_second": round(rows / loaded["seconds"]),
        "bare_seconds": {name: round(seconds, 1) for name, seconds in bare.items()},
        "ratio": round(loaded["seconds"] / (tools + bare["unzip"]), 2),
        "cpu_ratio": round(sum(loaded["cpu_seconds"].values()) / bare["cpu"], 2),
        "ratio_without_unzip": round(loaded["seconds"] / tools, 2),
        "peak_mb": loaded["peak_mb"],
        "peak_mb_of_all_together": loaded["peak_mb_of_all_together"],
        "progress": loaded["progress"],
        "seconds_by_action": loaded["seconds_by_action"],
        "cpu_seconds": loaded["cpu_seconds"],
        "differences": loaded["differences"],
    }


def growth(small: dict[str, Any], large: dict[str, Any]) -> dict[str, float]:
    """How the time grows: linear is an exponent of 1; less where what every file costs weighs on the small ones."""
    rows = [sum(figures["rows"].values()) for figures in (small, large)]
    more = (large["seconds"] - small["seconds"]) / (rows[1] - rows[0])
    return {
        "times_the_rows": round(rows[1] / rows[0], 1),
        "times_the_seconds": round(large["seconds"] / small["seconds"], 1),
        "seconds_per_million_further_rows": round(more * 1e6, 1),
        "seconds_that_do_not_grow": round(small["seconds"] - more * rows[0], 1),
    }


def words(figures: dict[str, Any]) -> str:
    largest = max(figures["peak_mb"].items(), key=lambda item: item[1])
    progress = figures["progress"]
    return (
        f"{figures['share']} of the state ({figures['sizes']} sizes): {sum(figures['rows'].values()):,} rows in "
        f"{figures['files']} files, {figures['csv_mb']:,} MB\n"
        f"  {figures['seconds']} s through one operation; bare tools {figures['bare_seconds']}\n"
        f"  {figures['ratio']} times the bare tools ({figures['ratio_without_unzip']} where they are given CSV files)\n"
        f"  largest process: {largest[0]}, {largest[1]:,} MB; all together {figures['peak_mb_of_all_together']:,} MB\n"
        f"  progress: {progress['looks']} looks, {progress['steps_with_rows']} steps seen with done and total\n"
        f"  differences: {figures['differences'] or 'none'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--share", type=float, nargs="+", default=[0.01, 0.1], help="of the real sizes")
    parser.add_argument("--rolls", type=Path, help="a folder for the generated files, to be found again")
    parser.add_argument("--volumes", type=Path, default=VOLUMES, help="a table of the counties' real sizes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with ExitStack() as stack:
        rolls = options.rolls or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="concord-rolls-")))
        runs = [measure(share, rolls.resolve() / str(share), options.volumes) for share in sorted(options.share)]
    figures: dict[str, Any] = {"cpus": os.cpu_count(), "runs": runs}
    if len(runs) > 1:
        figures["growth"] = growth(runs[0], runs[-1])
    lines = [words(run) for run in runs] + ([json.dumps(figures["growth"])] if len(runs) > 1 else [])
    print(json.dumps(figures) if options.json else "\n".join(lines))
    sys.exit(any(run["differences"] for run in runs))


if __name__ == "__main__":
    main()
