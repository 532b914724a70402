"""A sync that is killed in the middle of a file leaves nothing half done: the next one has each record once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests import postgres
from tests.workers.sunbiz.make import entity, put, put_zip, text

PROJECT = Path(__file__).resolve().parents[3]
BEGIN = "import django; django.setup(); "
MIGRATE = BEGIN + (
    "from django.core.management import call_command; "
    "call_command('migrate', database='warehouse', verbosity=0, skip_checks=True)"
)
SYNC = (
    BEGIN
    + """
import json, sys, time
from workers.contract import Call
from workers.sunbiz import loading
from workers.sunbiz.sync import sync_entities

loading.RECORDS = {"sqlite": 100, "postgresql": 100}
merge, merged = loading.merge, []

def merge_and_tell(*arguments):
    merged.append(merge(*arguments))
    if sys.argv[1] == "hang" and len(merged) == 4:
        print("merged", flush=True)
        time.sleep(60)
    return merged[-1]

loading.merge = merge_and_tell
print(json.dumps(sync_entities.run(Call(), {"source": "inbox"})))
"""
)
COUNT = (
    BEGIN
    + """
import json
from django.db import connections
counts = {}
with connections["warehouse"].cursor() as cursor:
    for table in ("sunbiz_entity", "sunbiz_officer", "sunbiz_change"):
        cursor.execute(f"SELECT count(*) FROM {table}")
        counts[table] = cursor.fetchone()[0]
print(json.dumps(counts))
"""
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where a process of its own finds its warehouse: a file, or a server of the test's own."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/warehouse.sqlite3"
        if request.param == "postgresql":
            if not postgres.available():
                pytest.skip("PostgreSQL is not installed")
            url = stack.enter_context(postgres.running())
        places = {"CONCORD_VAR": str(tmp_path), "DATA_URL": f"file://{tmp_path}/data", "WAREHOUSE_URL": url}
        yield os.environ | places | {"DJANGO_SETTINGS_MODULE": "concord.settings"}


def test_a_killed_sync_goes_on_with_each_record_once(environment, tmp_path):
    run = partial(subprocess.run, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    run([sys.executable, "-c", MIGRATE])
    officer = {"officer_1_name": "HERON", "officer_1_type": "C"}
    before = [entity(number, status="I", **officer) for number in range(1000)]
    put_zip(tmp_path, "cordata.zip", {"cordata0.txt": text(before)})
    run([sys.executable, "-c", SYNC, "go"])
    put(tmp_path, "20250702c.txt", *(entity(number, **officer) for number in range(1200)), entity(1)[:99])

    command = [sys.executable, "-c", SYNC, "hang"]
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "merged\n"
        killed.send_signal(signal.SIGKILL)
    synced = json.loads(run([sys.executable, "-c", SYNC, "go"]).stdout)
    again = json.loads(run([sys.executable, "-c", SYNC, "go"]).stdout)

    assert (synced["rows_read"], synced["rows_quarantined"]) == (1201, 1)
    assert (synced["rows_inserted"], synced["rows_replaced"], synced["rows_repeated"]) == (200, 1000, 0)
    assert synced["statuses_changed"] == 1000
    assert again["files_read"] == 0
    counts = json.loads(run([sys.executable, "-c", COUNT]).stdout)
    assert counts == {"sunbiz_entity": 1200, "sunbiz_officer": 1200, "sunbiz_change": 1000}
