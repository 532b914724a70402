"""How quickly the dashboard and the workers' pages come, and with how many queries, on SQLite and on PostgreSQL.

    python -m benchmarks.dashboard [--operations 100000] [--json]

The operations ended in the last 30 days, alike many on each; 200 are under way and 1,000 wait for a person. Those of
the last three hours have three steps each. A page is asked for through Django's client, as a reviewer, 20 times.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("/console/?period=24h", "/console/?period=7d", "/console/?period=30d", "/console/workers")
TIMES = 20
PARAMETERS = {"counties": [f"County {number}" for number in range(10)], "file_types": ["NAL", "SDF"]}
STEPS = 3
Json = dict[str, Any]


def measured(database: str, operations: int) -> Json:
    """The figures of one database, of a process with its settings. ``database`` is "sqlite" or "postgresql"."""
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as var:
        environment = os.environ | {"CONCORD_VAR": var, "DOTENV": os.devnull, "LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "benchmarks.dashboard", "--inside", "--operations", str(operations)]
        if database == "sqlite":
            return _run(command, environment)
        from tests import postgres

        with postgres.running() as url:
            server = url.rsplit("/", 1)[0]
            with psycopg.connect(url, autocommit=True) as admin:
                for name in ("concord", "warehouse"):
                    admin.execute(f"CREATE DATABASE {name}")
            urls = {"DATABASE_URL": f"{server}/concord", "WAREHOUSE_URL": f"{server}/warehouse"}
            return _run(command, environment | urls)


def _run(command: list[str], environment: Json) -> Json:
    ran = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return json.loads(ran.stdout.splitlines()[-1])


def inside(operations: int) -> Json:
    """Make the rows in the database of the settings, and measure the pages."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from concord import redis_server

    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    fill(operations)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    with redis_server.running(settings.REDIS_URL):
        return {"database": connection.vendor, "operations": operations, "pages": [_page(path) for path in PAGES]}


def _page(path: str) -> Json:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from tests.make import make_reviewer

    browser = Client()
    browser.force_login(make_reviewer())
    with CaptureQueriesContext(connection) as queries:
        body = browser.get(path).content
        number = len(queries)  # the next request begins a new count
    seconds, busy = [], time.process_time()
    for _ in range(TIMES):
        began = time.perf_counter()
        browser.get(path)
        seconds.append(time.perf_counter() - began)
    return {
        "page": path,
        "p50_ms": round(statistics.median(seconds) * 1000, 1),
        "max_ms": round(max(seconds) * 1000, 1),
        "cpu_ms": round((time.process_time() - busy) * 1000 / TIMES, 1),
        "queries": number,
        "bytes": len(body),
    }


def fill(number: int) -> None:
    """Make the operations, their steps, the questions and the workers."""
    from django.utils import timezone

    from escalations.models import Escalation
    from operations.models import Operation, Step
    from operations.states import OperationType, Planner, Reason, Status, StepStatus
    from workers.models import RegisteredWorker

    chance, now = random.Random(1), timezone.now()
    workers = ["florida_data", "data_quality", "sunbiz", "entity_matching", "performance", "ai_ml"]
    RegisteredWorker.objects.bulk_create(RegisteredWorker(name=name, url="http://w", healthy=True) for name in workers)

    def operation(place: int) -> Operation:
        end = now - timedelta(days=30) * (place / number)
        planner = chance.choice([Planner.RULES, Planner.REWOO, Planner.CACHE])
        return Operation(
            id=f"op-{place:09}",
            operation_type=chance.choice(OperationType.values),
            status=chance.choices([Status.COMPLETED, Status.FAILED, Status.REJECTED, Status.CANCELLED], [90, 5, 3, 2])[
                0
            ],
            parameters=PARAMETERS,
            plan={"steps": [PARAMETERS] * 3},
            result=PARAMETERS,
            plan_source=planner,
            confidence_score=chance.betavariate(9, 2),
            token_usage=0 if planner == Planner.RULES else chance.randrange(5_000),
            created_at=end - timedelta(seconds=chance.expovariate(0.05)),
            started_at=end - timedelta(seconds=0.1),
            ended_at=end,
            wake_at=None,
        )

    def step(of: Operation, place: int) -> Step:
        status = StepStatus.FAILED if chance.random() < 0.02 else StepStatus.COMPLETED
        return Step(
            operation=of,
            step_id=f"E{place}",
            position=place,
            worker=chance.choice(workers),
            action="work",
            arguments=PARAMETERS,
            status=status,
            error="It did not answer." if status == StepStatus.FAILED else "",
            started_at=of.started_at,
            finished_at=of.ended_at,
        )

    for first in range(0, number, 5_000):
        made = [operation(place) for place in range(first, min(first + 5_000, number))]
        Operation.objects.bulk_create(made, batch_size=500)
        late = [each for each in made if each.ended_at and each.ended_at > now - timedelta(hours=3)]
        Step.objects.bulk_create(step(each, place) for each in late for place in range(1, STEPS + 1))
    moving = [Operation(operation_type="custom", status=Status.EXECUTING, parameters=PARAMETERS) for _ in range(200)]
    asked = [
        Operation(operation_type="custom", status=Status.ESCALATING, parameters=PARAMETERS, wake_at=None)
        for _ in range(1_000)
    ]
    Operation.objects.bulk_create([*moving, *asked])
    Escalation.objects.bulk_create(
        Escalation(operation=each, reason=Reason.RULE_FAILED, created_at=now - timedelta(hours=chance.expovariate(0.1)))
        for each in asked
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(inside(given.operations)))
        return
    found = [measured(database, given.operations) for database in ("sqlite", "postgresql")]
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for each in found:
        for page in each["pages"]:
            times = f"p50 {page['p50_ms']:>7} ms, CPU {page['cpu_ms']:>7} ms"
            print(f"{each['database']:<11} {page['page']:<24} {times}, {page['queries']} queries")


if __name__ == "__main__":
    main()
