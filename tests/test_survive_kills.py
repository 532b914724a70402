"""Processes are killed in the middle of a pipeline of 21 files: it still completes, with every row once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.test_up import ROOT, Run, environment, free_port, running, var

__all__ = ["var"]

pytestmark = pytest.mark.whole

COUNTIES = ["Duval", "Broward", "Baker", "Union", "Lake", "Leon", "Citrus"]
ROWS = 4_000


def test_kills_in_the_middle_of_a_pipeline_lose_nothing_and_double_nothing(var: Path) -> None:
    _write_rolls(var)
    with running(var, free_port()) as run:
        run.wait_until_it_serves()
        location = _post(run)

        _kill_once(run, location, "download", "queue_worker")
        _kill_once(run, location, "process", "florida_data")
        _kill_once(run, location, "validate", "concord.web")
        _kill_once(run, location, "validate", "data_quality")
        _kill_once(run, location, "upload", "florida_data")
        _kill_once(run, location, "verify", "florida_data")
        run.wait_for(
            lambda: _state(run, location).get("status") not in (None, "planning", "executing", "validating"), 120
        )

        operation = _state(run, location)
        assert operation["status"] == "completed", (operation["error"], run.get(f"{location}/events", run.key))
    result = operation["result"]
    assert result["files_downloaded"] == len(COUNTIES) * 3
    assert result["records_quarantined"] == 0
    assert all(file["agree"] for file in result["files"])
    assert _rows_loaded(var) == result["records_processed"] == result["records_uploaded"]


def _write_rolls(var: Path) -> None:
    words = ["make_sample_rolls", "--counties", *COUNTIES, "--rows", str(ROWS), "--out", str(var / "inbox")]
    subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=environment(var), check=True, capture_output=True
    )


def _post(run: Run) -> str:
    body = {"operation_type": "data_pipeline", "parameters": {"counties": COUNTIES, "source": "inbox"}}
    headers = {"Authorization": f"Bearer {run.key}", "Prefer": "respond-async"}
    answer = httpx2.post(f"{run.url}/operations", json=body, headers=headers, trust_env=False)
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"]


def _state(run: Run, location: str) -> dict:
    """The operation as it is now; empty while the web process is away."""
    try:
        return run.get(location, run.key)
    except httpx2.HTTPError:
        return {}


def _kill_once(run: Run, location: str, action: str, word: str) -> None:
    """Kill the process with ``word`` in its command as soon as a step of ``action`` has begun."""

    def begun() -> bool:
        steps = _state(run, location).get("steps", [])
        return any(step["action"] == action and "[" in step["id"] and step["started_at"] for step in steps)

    run.wait_for(begun)
    run.wait_for(lambda: _kill(run, word))


def _kill(run: Run, word: str) -> bool:
    """Kill a process with ``word`` in its command. False if there is none just now."""
    for child in run.children():
        try:
            if any(word in part for part in child.cmdline()):
                child.kill()
                return True
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # one killed before, whom the supervisor has not buried yet
    return False


def _rows_loaded(var: Path) -> int:
    with sqlite3.connect(var / "warehouse.sqlite3") as connection:
        return sum(
            connection.execute(f"SELECT count(*) FROM {table}_current").fetchone()[0] for table in ("nal", "sdf", "nap")
        )
