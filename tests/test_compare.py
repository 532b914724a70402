"""`manage.py compare`, whole: its own installations, real workers, a scripted model over HTTP, as fast as it goes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.whole
def test_old_and_new_bring_the_same_for_a_fraction_of_the_tokens() -> None:
    found = compare("--types", "data_validation", "--baselines", "classic", "--ttft", "0", "--rate", "0", "--json")

    assert found["results_equal"], found["differences"]
    assert found["token_reduction"] >= 0.79
    assert found["most_tokens_of_an_operation"] <= 9500
    assert found["fixed_prompt_tokens"]["classic"] <= 1500
    assert found["planning_tokens_of_second_runs"] == 0
    assert found["counted_by_server"]["equal"]

    ways = found["types"]["data_validation"]
    assert [ways[way]["cold"]["plan_source"] for way in ("classic", "concord")] == ["react", "rewoo"]
    assert ways["concord"]["warm"]["plan_source"] == "cache"
    assert ways["classic"]["cold"]["calls"] == 5
    assert ways["concord"]["cold"]["calls"] == 1
    assert found["per_month"]["saved"]["classic"] > 0


def compare(*options: str) -> Any:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "WAREHOUSE_URL")}
    command = [sys.executable, "manage.py", "compare", *options]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
