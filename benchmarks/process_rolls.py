"""How long `process` takes for a NAL file, beside polars that reads all columns as text and writes Parquet.

    python -m benchmarks.process_rolls --rows 750000 --rounds 3 [--json]

Both read the same CSV, each in a process of its own that tells its wall time and peak memory; they alternate, so that
what else the machine does hits both. `process` is also timed from the zip, as `download` stores it, and does more than
the other: types, keys, counts, a quarantine, digests. The file is generated once and kept under CONCORD_VAR.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WAYS = ("polars", "process", "process from zip")


def main() -> None:
    """Run the rounds and print the figures."""
    arguments = _arguments()
    folder = Path(os.environ.get("CONCORD_VAR", ROOT / "var")).resolve() / "bench" / f"nal-{arguments.rows}"
    _run("make", folder, folder, arguments.rows)
    runs: dict[str, list[dict]] = {way: [] for way in WAYS}
    for _ in range(arguments.rounds):
        for way in WAYS:
            with tempfile.TemporaryDirectory(prefix="concord-bench-") as work:
                runs[way].append(_run(way, folder, Path(work), arguments.rows))
    figures = _figures(runs, (folder / "NAL16P202501.csv").stat().st_size, arguments.rows)
    print(json.dumps(figures, indent=2) if arguments.json else _table(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=750_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _run(way: str, folder: Path, work: Path, rows: int) -> dict:
    environment = os.environ | {"CONCORD_VAR": str(work), "DATA_URL": f"file://{work}/data", "PYTHONPATH": str(ROOT)}
    script = "process_rolls_polars.py" if way == "polars" else "process_rolls_run.py"
    command = [sys.executable, str(Path(__file__).with_name(script)), way, str(folder), str(work), str(rows)]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def _figures(runs: dict[str, list[dict]], size: int, rows: int) -> dict:
    seconds = {way: statistics.median(run["seconds"] for run in results) for way, results in runs.items()}
    return {
        "rows": rows,
        "csv_bytes": size,
        "cpus": os.cpu_count(),
        "seconds": {way: [round(run["seconds"], 2) for run in results] for way, results in runs.items()},
        "median_seconds": {way: round(value, 2) for way, value in seconds.items()},
        "peak_megabytes": {way: round(max(run["peak"] for run in results) / 1e6) for way, results in runs.items()},
        "ratio": {way: round(seconds[way] / seconds["polars"], 2) for way in WAYS[1:]},
    }


def _table(figures: dict) -> str:
    lines = [f"{figures['rows']:,} rows, {figures['csv_bytes']:,} bytes, {figures['cpus']} CPUs"]
    for way in WAYS:
        ratio = figures["ratio"].get(way, 1.0)
        seconds, peak = figures["median_seconds"][way], figures["peak_megabytes"][way]
        lines.append(f"{way:18} {seconds:6.2f} s   {ratio:4.2f}x   peak {peak:,} MB")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
