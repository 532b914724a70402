"""sync_live: withdrawn, killed or not alone, it leaves all or nothing, and the next call does it once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from tests import postgres
from tests.workers.data_quality.parcels import KEY, TABLE, Json, edited, held, make_rows, ordered, put, run, source
from tests.workers.test_upload_partitions import connection_parameters, wait_until_alone
from workers.contract import Call, Cancelled, TryLater
from workers.data_quality.syncing import applying

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place", "parcels"),
]
PROJECT = Path(__file__).resolve().parents[3]


def test_a_withdrawn_call_leaves_all_as_it_was_and_the_next_one_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "BATCH_ROWS", dict.fromkeys(applying.BATCH_ROWS, 5))
    withdrawn = Call()

    def report(done: int, total: int | None, message: str) -> None:
        if done and "update" in message:
            withdrawn.cancelled.set()

    withdrawn.report = report
    before = make_rows(40)
    put(before)
    after = [row | {"jv": 5} for row in before]

    with pytest.raises(Cancelled):
        run(after, withdrawn, mode="apply")
    assert held() == ordered(before)
    assert run(after, mode="apply")["applied"] is True
    assert held() == ordered(after)


def test_two_replicas_at_once_change_each_row_once() -> None:
    before = make_rows(200)
    put(before)
    given = source(after := edited(before, 4))
    seen = run(given, delete=True)["digest"]
    results: list[Json] = []

    def replica() -> None:
        try:
            results.append(run(given, delete=True, mode="apply", expected=seen))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=replica) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(result["applied"] for result in results) == [False, False, True]
    assert held() == ordered(after)


def test_while_somebody_else_writes_it_may_be_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("on SQLite every writer waits for every other")
    monkeypatch.setattr(applying, "LOCK_SECONDS", 0.1)
    put(rows := make_rows(3))
    other = connections["warehouse"].copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("UPDATE parcels SET jv = 1")
        with pytest.raises(TryLater, match="lock timeout"):
            run(rows, mode="apply")
    finally:
        other.rollback()
        other.close()


SYNC = """
import django, json, sys, time
django.setup()
from workers.contract import Call
from workers.data_quality import worker
from workers.data_quality.syncing import applying

applying.BATCH_ROWS = dict.fromkeys(applying.BATCH_ROWS, 10)

def report(done, total, message):
    if "rows of parcels" in message and done >= 30:
        print(done, flush=True)
        time.sleep(60 if sys.argv[1] == "hang" else 0)

print(json.dumps(worker.actions["sync_live"].run(Call(report=report), json.loads(sys.argv[2]))))
"""
MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", database="warehouse", verbosity=0, skip_checks=True)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a warehouse of its own, whichever database the other tests run on."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'killed.sqlite3'}"
        return
    if not postgres.available():
        pytest.skip("PostgreSQL is not installed")
    with postgres.running() as url:
        yield url


@contextmanager
def connected(url: str) -> Iterator[Any]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as database:
            yield database
        return
    with psycopg.connect(**connection_parameters(url), autocommit=True) as database:
        yield database


@pytest.mark.postgres
def test_a_killed_synchronization_leaves_the_target_as_it_was_and_the_next_one_does_it_once(
    warehouse: str, place: Path
) -> None:
    environment = os.environ | {
        "WAREHOUSE_URL": warehouse, "DATA_URL": f"file://{place / 'data'}", "CONCORD_VAR": str(place),
        "DJANGO_SETTINGS_MODULE": "concord.settings",
    }  # fmt: skip
    child = partial(subprocess.run, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True)
    child([sys.executable, "-c", MIGRATE])
    given = {
        "source": source([row | {"jv": 5} for row in make_rows(100)]),
        "target": {"table": "parcels"}, "key": KEY, "mode": "apply", "delete": True,
    }  # fmt: skip
    arguments = json.dumps(given)
    with connected(warehouse) as database:
        database.execute(TABLE)
        for number in range(50, 120):
            database.execute(f"INSERT INTO parcels (co_no, parcel_id, jv) VALUES ({11 + number % 3}, '{number:05}', 1)")
        rows = "SELECT co_no, parcel_id, jv FROM parcels ORDER BY co_no, parcel_id"
        before = database.execute(rows).fetchall()
        command = [sys.executable, "-c", SYNC, "hang", arguments]
        with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE) as changing:
            assert changing.stdout
            assert changing.stdout.readline() == b"30\n"
            changing.send_signal(signal.SIGKILL)
        if not warehouse.startswith("sqlite"):
            wait_until_alone(database)
        left = database.execute(rows).fetchall()
        results = [
            json.loads(child([sys.executable, "-c", SYNC, "go", arguments]).stdout.splitlines()[-1]) for _ in "12"
        ]
        after = database.execute(rows).fetchall()

    assert left == before
    assert [(one["applied"], one["inserts"], one["updates"], one["deletes"]) for one in results] == [
        (True, 50, 50, 20), (False, 0, 0, 0),
    ]  # fmt: skip
    assert after == sorted((11 + number % 3, f"{number:05}", 5) for number in range(100))
