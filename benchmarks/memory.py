"""How much memory each action takes that reads a roll whole, for a small roll and for one that is several times larger.

    python -m benchmarks.memory [--rows 500000 2000000] [--actions process validate] [--json]

Each action has a process of its own, on NAL files of these sizes (no county has a million parcels) and a PostgreSQL of
its own. Told is the most that a process had, beside what it had when it began: memory that does not depend on the file
grows little from the one size to the other.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.load_rolls import DURABLE, MIGRATE, run
from tests import postgres

ACTIONS = ("process", "upload", "verify", "validate", "discover_fields", "create_mapping", "load_data")


def measure(rows: int, url: str, actions: list[str]) -> dict[str, dict[str, float]]:
    """Seconds and peak memory of each action, on a roll of so many parcels."""
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder:
        environment = os.environ | {
            "CONCORD_VAR": folder,
            "DOTENV": os.devnull,
            "DJANGO_SETTINGS_MODULE": "concord.settings",
            "WAREHOUSE_URL": url,
            "DATA_URL": f"file://{folder}/data",
        }
        run(environment, "-c", MIGRATE)
        steps, rolls = "benchmarks.memory_steps", str(Path(folder, "rolls.json"))
        run(environment, "-m", steps, "make", rolls, str(rows))
        return {action: json.loads(run(environment, "-m", steps, action, rolls)) for action in actions}


def summary(sizes: list[int], runs: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    more = sizes[-1] - sizes[0]
    figures: dict[str, Any] = {"rows": sizes, "cpus": os.cpu_count(), "actions": {}}
    for action in runs[0]:
        peaks = [one[action]["peak_mb"] for one in runs]
        figures["actions"][action] = {
            "began_mb": runs[0][action]["began_mb"],
            "peak_mb": peaks,
            "seconds": [one[action]["seconds"] for one in runs],
            "bytes_per_further_row": round((peaks[-1] - peaks[0]) * (1 << 20) / more, 1) if more else None,
        }
    return figures


def table(figures: dict[str, Any]) -> str:
    lines = [f"{'':16} {'began':>8}" + "".join(f"{rows:>14,}" for rows in figures["rows"]) + "   a further row"]
    for action, found in figures["actions"].items():
        peaks = "".join(f"{peak:11,.0f} MB" for peak in found["peak_mb"])
        lines.append(f"{action:16} {found['began_mb']:5,.0f} MB{peaks}   {found['bytes_per_further_row']} bytes")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000, 2_000_000])
    parser.add_argument("--actions", nargs="+", choices=ACTIONS, default=list(ACTIONS))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    sizes = sorted(options.rows)
    # What comes after an upload needs it.
    actions = [
        name for name in ACTIONS if name in options.actions or (name == "upload" and "verify" in options.actions)
    ]
    runs = []
    for rows in sizes:
        with postgres.running(DURABLE) as url:
            runs.append(measure(rows, url, actions))
    figures = summary(sizes, runs)
    print(json.dumps(figures) if options.json else table(figures))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
