"""upload on PostgreSQL: a partition for each release, made whole or not at all, and no other is touched."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import dj_database_url
import psycopg
import pytest
from django.db import connections, transaction

from tests import postgres
from tests.workers.rolls import make_processed
from tests.workers.test_upload import run_upload
from workers.florida_data.tables import TABLES
from workers.warehouse.models import Release

pytestmark = [pytest.mark.django_db(databases=["default", "warehouse"], transaction=True), pytest.mark.postgres]
PROJECT = Path(__file__).resolve().parents[2]

MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", database="warehouse", verbosity=0, skip_checks=True)
"""

LOADER = """
import django, json, sys, time
django.setup()
from workers.contract import Call
from workers.florida_data.upload import upload

def report(done, total, message):
    print(done, flush=True)
    time.sleep(60 if sys.argv[1] == "hang" else 0)

upload.run(Call(report=report), {"processed": json.load(open(sys.argv[2]))})
"""


@pytest.fixture
def server():
    """The URL of a PostgreSQL server, whichever database the other tests run on."""
    if not postgres.available():
        pytest.skip("PostgreSQL is not installed")
    with postgres.running() as url:
        yield url


def test_a_killed_upload_leaves_nothing_behind_and_the_next_one_loads_each_row_once(server, tmp_path):
    processed = make_processed(file_type="NAL")
    step = tmp_path / "processed.json"
    step.write_text(json.dumps(processed))
    environment = os.environ | {"WAREHOUSE_URL": server, "DJANGO_SETTINGS_MODULE": "concord.settings"}
    run = partial(subprocess.run, cwd=PROJECT, env=environment, check=True)
    run([sys.executable, "-c", MIGRATE])

    with start_loader("hang", step, environment) as copying:
        assert copying.stdout.readline()
        copying.send_signal(signal.SIGKILL)
    with psycopg.connect(**connection_parameters(server), autocommit=True) as warehouse:
        wait_until_alone(warehouse)
        left_behind = counts(warehouse)
        run([sys.executable, "-c", LOADER, "go", step])
        run([sys.executable, "-c", LOADER, "go", step])

        assert left_behind == (0, 0, 0)
        assert counts(warehouse) == (processed["rows_processed"], 1, 1)
        [[parcels]] = warehouse.execute("SELECT count(DISTINCT parcel_id) FROM nal_current").fetchall()
        assert parcels == processed["rows_processed"]


def start_loader(mode, step, environment):
    command = [sys.executable, "-c", LOADER, mode, step]
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE)


def connection_parameters(url):
    parsed = dj_database_url.parse(url)
    return {"host": parsed["HOST"], "user": parsed["USER"], "dbname": parsed["NAME"]}


def wait_until_alone(warehouse):
    """Until the server has noticed that the killed process is gone."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 30
    while warehouse.execute(others).fetchone()[0]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def counts(warehouse):
    """The rows in the table, its partitions, and the releases."""
    rows = warehouse.execute("SELECT count(*) FROM nal").fetchone()[0]
    partitions = warehouse.execute("SELECT count(*) FROM pg_class WHERE relname ~ '^nal_[0-9]+$'").fetchone()[0]
    return rows, partitions, warehouse.execute("SELECT count(*) FROM workers_release").fetchone()[0]


@pytest.fixture
def partitioned():
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("only PostgreSQL has partitions")


@pytest.mark.parametrize("file_type", ["NAL", "SDF"])
def test_a_partition_uses_the_key_and_the_indexes_it_was_loaded_with(partitioned, file_type):
    run_upload(make_processed(file_type=file_type))

    def indexes(table):
        with connections["warehouse"].cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
            return sorted(definition.partition(" USING ")[2] for (definition,) in cursor.fetchall())

    table = file_type.lower()
    assert indexes(f"{table}_{Release.objects.get().pk}") == indexes(table)
    assert len(indexes(table)) == 1 + len(TABLES[file_type].searched)


def test_what_queries_have_to_know_of_a_release_is_known_once_it_is_there(partitioned):
    run_upload(make_processed(file_type="NAL"))

    name = f"nal_{Release.objects.get().pk}"
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("SELECT attname FROM pg_stats WHERE tablename = %s", [name])
        known = {column for (column,) in cursor.fetchall()}
        cursor.execute("SELECT reltuples, reloptions FROM pg_class WHERE relname = %s", [name])
        [row] = cursor.fetchall()
    assert known == {"release_id", "co_no", "parcel_id", "own_name", "phy_addr1"}
    assert row == (120, ["autovacuum_enabled=false"])


def test_a_load_opens_no_partition_of_another_release(partitioned):
    """A lock for each partition of the past would be more than a server has, after some years."""
    run_upload(make_processed())
    old = f"sdf_{Release.objects.get().pk}"

    with transaction.atomic(using="warehouse"), connections["warehouse"].cursor() as cursor:
        run_upload(make_processed(seed=2))
        cursor.execute("SELECT mode FROM pg_locks WHERE relation = to_regclass(%s)", [old])
        locks = cursor.fetchall()

    assert locks == []
