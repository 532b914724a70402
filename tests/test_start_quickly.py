"""No process loads a large library that only few actions need: each would start a second later, 90 MB larger."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START = "import sys, django; django.setup(); import concord.urls, operations.jobs; print(*sys.modules)"
LARGE = {"scipy", "sklearn", "pandas", "splink", "pyspark", "matplotlib", "torch"}


def test_neither_the_web_nor_a_queue_worker_loads_what_only_few_actions_need(tmp_path: Path) -> None:
    environment = os.environ | {"CONCORD_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "concord.settings"}
    done = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    loaded = set(done.stdout.split())

    assert {"concord.urls", "operations.jobs"} <= loaded
    assert not loaded & LARGE
