"""The steps of `memory`, each in a process of its own: make the roll, or run an action on it and tell its peak memory.

python -m benchmarks.memory_steps make FILE ROWS    makes a NAL and processes it; FILE tells what came of that
python -m benchmarks.memory_steps ACTION FILE       runs the action on it and prints seconds and megabytes
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from benchmarks.roll_steps import downloaded, peak_mb  # noqa: E402 - Django must be set up first
from workers import data_quality, florida_data  # noqa: E402
from workers.contract import Call  # noqa: E402


def make(file: Path, rows: int) -> None:
    """Generate a roll of so many parcels and process it."""
    download = downloaded(rows)
    processed = florida_data.worker.actions["process"].run(Call(), {"download": download})
    file.write_text(json.dumps({"downloaded": download, "processed": processed}))


def parameters(action: str, rolls: dict[str, Any]) -> dict[str, Any]:
    """What the action is given. ``process`` gets the roll under another name: it would find what it made before."""
    processed = rolls["processed"]
    dataset = processed["dataset"]
    given: dict[str, dict[str, Any]] = {
        "process": {"download": rolls["downloaded"] | {"release": f"{processed['release'][:-1]}x"}},
        "upload": {"processed": processed},
        "verify": {**rolls, "uploaded": rolls.get("uploaded")},
        "validate": {"dataset": dataset, "file_type": "NAL", "county_no": 16, "year": 2025, "stage": "P"},
        "discover_fields": {"dataset": dataset},
        "create_mapping": {"source": dataset, "target": "NAL 2026F"},
        "load_data": {"dataset": dataset, "where": [{"field": "DOR_UC", "op": "is_filled"}]},
    }
    return given[action]


def perform(action: str, file: Path) -> None:
    """Run the action and print what it took; keep what `upload` answers, which `verify` is given."""
    rolls = json.loads(file.read_text())
    worker = next(one.worker for one in (florida_data, data_quality) if action in one.worker.actions)
    began = peak_mb()
    started = time.perf_counter()
    result = worker.actions[action].run(Call(), parameters(action, rolls))
    seconds = time.perf_counter() - started
    if action == "upload":
        file.write_text(json.dumps({**rolls, "uploaded": result}))
    print(json.dumps({"seconds": round(seconds, 2), "began_mb": round(began), "peak_mb": round(peak_mb())}))


if __name__ == "__main__":
    step, path, *rest = sys.argv[1:]
    if step == "make":
        make(Path(path), int(rest[0]))
    else:
        perform(step, Path(path))
