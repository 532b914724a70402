"""Thousands of cases made of the OpenAPI document, against a whole installation; ends with 1 if an answer is wrong.

    python -m benchmarks.schema_probe [--examples 200] [--seed 1] [--json] [--url URL --key KEY]

Starts an installation of its own with operations of some types, unless --url names a running one. That one is changed
by it: operations are started and decided, workers registered and removed. No case may end in a 5xx, in a status or with
a content that the document does not have, or past a missing key; and /health must answer at the end.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import httpx2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
django.setup()

from concord.private_run import installation  # noqa: E402  # takes the settings
from tests.probes import schema_cases  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
UNLIMITED = {f"RATE_LIMIT_{kind}": "0" for kind in ("START", "READ", "WRITE", "SOCKET", "FAILED")}
SCOPES = ("start", "read_all", "decide", "mend", "admin", "metrics", "audit")
STARTS: list[dict[str, Any]] = [
    {"operation_type": "data_pipeline", "parameters": {"counties": ["Duval"], "file_types": ["SDF"], "test": True}},
    {"operation_type": "data_validation", "parameters": {"counties": ["Broward"], "file_types": ["NAP"], "test": True}},
    {"operation_type": "performance_check", "parameters": {}},
    {"operation_type": "entity_sync", "parameters": {"source": "sample", "test": True}},
]


@contextmanager
def target(url: str, key: str) -> Iterator[tuple[str, str]]:
    """The address and a key of the one that was named, or of an installation of its own."""
    if url:
        yield url.rstrip("/"), key
        return
    with installation(UNLIMITED) as place:
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        command = [sys.executable, "manage.py", "create_api_key", "probe", *scopes]
        own = os.environ | {"CONCORD_VAR": str(place.folder), "DOTENV": os.devnull}
        made = subprocess.run(command, cwd=ROOT, env=own, check=True, capture_output=True, text=True).stdout.split()[-1]
        _start_some(place.url, made)
        yield place.url, made


def _start_some(url: str, key: str) -> None:
    """Operations for the cases to find, some of which ask a person."""
    with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False) as client:
        for body in STARTS:
            client.post("/operations", json=body).raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=200, help="made-up cases per call and phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", default="", help="a running Concord, which the cases change")
    parser.add_argument("--key", default="", help="its key, with all scopes")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    with target(options.url, options.key) as (url, key):
        outcome = schema_cases.run(url, key, examples=options.examples, seed=options.seed)
        well = httpx2.get(f"{url}/health", timeout=10, trust_env=False).status_code == 200
    told = outcome.as_json() | {"seed": options.seed, "healthy": well, "seconds": round(time.monotonic() - began)}
    print(json.dumps(told, indent=2) if options.json else _in_words(told))
    sys.exit(0 if well and not outcome.failures and not outcome.errors else 1)


def _in_words(told: dict[str, Any]) -> str:
    lines = [f"{told['cases']:,} cases in {told['seconds']} s (seed {told['seed']})"]
    lines += [f"  {status}: {count:,}" for status, count in told["statuses"].items()]
    lines += [f"\n{name}\n{words}" for name, words in told["failures"].items()] + told["errors"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
