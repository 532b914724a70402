"""What the review queue costs with 10,000 open escalations, on SQLite and on PostgreSQL.

    python -m benchmarks.queue [--open 10000] [--json]

Each view is asked for by way of Django's test client, in a process of its own per database: the time from request to
the whole page, the number of queries, and the size of the page.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from concord import redis_server
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
TIMES = 20
QUEUE = "/console/escalations"
VIEWS = {
    "urgent": QUEUE,
    "least confident": f"{QUEUE}?order=unsure",
    "filtered": f"{QUEUE}?reason=rule_failed&least=20&older=1h",
    "by value": f"{QUEUE}?values=parameters.counties%3DBroward",
    "groups": f"{QUEUE}?group=cause",
    "news": f"{QUEUE}/news?since=2026-01-01T00:00:00Z",
}
COUNTIES = ["Broward", "Duval", "Lee", "Leon", "Polk"]
Json = dict[str, Any]


@contextmanager
def on_sqlite() -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def on_postgresql() -> Iterator[dict[str, str]]:
    with postgres.running() as url, psycopg.connect(url, autocommit=True) as admin:
        server = url.rsplit("/", 1)[0]
        for name in ("concord", "warehouse"):
            admin.execute(f"CREATE DATABASE {name}")
        yield {"DATABASE_URL": f"{server}/concord", "WAREHOUSE_URL": f"{server}/warehouse"}


def measure(urls: dict[str, str], number: int) -> Json:
    """All figures of one database, from a process of its own."""
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as var:
        redis_url = redis_server.private_url(Path(var))
        settings = {"CONCORD_VAR": var, "DOTENV": os.devnull, "REDIS_URL": redis_url}
        environment = os.environ | settings | urls | {"DJANGO_SETTINGS_MODULE": "concord.settings"}
        with redis_server.running(redis_url):
            migrate = [sys.executable, "manage.py", "migrate", "--database", "default", "-v0"]
            subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
            inside = [sys.executable, "-m", "benchmarks.queue", "--inside", "--open", str(number)]
            done = subprocess.run(inside, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def inside(number: int) -> Json:
    """The figures of the database that the environment names, which is empty."""
    import django

    django.setup()
    browser = fill(number)
    return {name: _asked(browser, address) for name, address in VIEWS.items()}


def fill(number: int) -> Any:
    """Make ``number`` open escalations; a reviewer's browser."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from escalations.models import Escalation
    from operations.models import Operation

    now = timezone.now()
    operations = Operation.objects.bulk_create(
        (
            Operation(
                operation_type="data_pipeline",
                status="escalating",
                parameters={"counties": [COUNTIES[n % 5]], "year": 2025, "note": "x" * 500},
                plan={"steps": ["y" * 4000]},
                wake_at=None,
            )
            for n in range(number)
        ),
        batch_size=500,
    )
    Escalation.objects.bulk_create(
        (
            Escalation(
                operation=operation,
                reason="rule_failed",
                message=f"E2: rows_read should be at least 1000, but is {n}",
                findings=[{"rule": "z" * 1000}],
                cause=f"A validation rule failed: rule {n % 40}",
                confidence_score=n % 70 / 100,
                uncertainty=1 - n % 70 / 100,
                rank=float(n * 37 % number),
                created_at=now - timedelta(minutes=n),
            )
            for n, operation in enumerate(operations)
        ),
        batch_size=500,
    )
    browser = Client(headers={"host": "localhost"})
    browser.force_login(User.objects.create_superuser("bench"))
    return browser


def _asked(browser: Any, address: str) -> Json:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        response = browser.get(address)
    asked = len(queries)  # now: the next request begins a new count
    if response.status_code != 200:
        raise SystemExit(f"{address} answered {response.status_code}")
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        browser.get(address)
        times.append(time.perf_counter() - began)
    return {
        "p50_ms": round(statistics.median(times) * 1000, 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[18] * 1000, 1),
        "queries": asked,
        "bytes": len(response.content),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        print(json.dumps(inside(arguments.open)))
        return
    figures = {}
    for name, database in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        with database() as urls:
            figures[name] = measure(urls, arguments.open)
    if arguments.json:
        print(json.dumps({"open": arguments.open, **figures}, indent=2))
        return
    for name, views in figures.items():
        for view, found in views.items():
            print(
                f"{name:11} {view:16} {found['p50_ms']:7.1f} ms (p95 {found['p95_ms']:.1f})"
                f" {found['queries']:3} queries {found['bytes'] / 1000:6.1f} kB"
            )


if __name__ == "__main__":
    main()
