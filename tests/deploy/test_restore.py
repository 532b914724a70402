"""A backup of a PostgreSQL that is at work is restored into another server, and operations go on there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests import postgres, readme
from tests.replicas import Replica
from tests.test_up import environment

pytestmark = [
    pytest.mark.whole,
    pytest.mark.postgres,
    pytest.mark.skipif(not postgres.available() or not shutil.which("pg_dump"), reason="no PostgreSQL here"),
]

TABLES: tuple[str, ...] = (
    "operations_operation",
    "operations_step",
    "operations_event",
    "operations_modelcall",
    "operations_apikey",
)
TABLES += ("escalations_escalation", "escalations_decision", "escalations_comment", "auth_user", "audit_entry")
SECRET = "kept with the backup, since the audit trail is sealed with it " * 2

BEFORE = """
from operations import acts
from tests.make import make_escalation, make_key, make_operation, make_reviewer
make_reviewer("rita")
client, key = make_key(name="before")
acts.cancel(make_operation(client), actor="rita")
question = make_escalation(make_operation(client))
question.comments.create(author="rita", text="Look at this")
question.decisions.create(decision_id="earlier", decision="retry", decided_by="rita")
question.operation.model_calls.create(purpose="planning", model="m", prompt_tokens=7)
arguments = {"counties": ["Duval"], "file_types": ["SDF"], "source": "inbox"}
step = {"id": "E1", "worker": "florida_data", "action": "discover", "arguments": arguments}
waiting = make_operation(client, operation_type="custom", parameters={"steps": [step]})
print(key, question.pk, waiting.pk)
"""

AFTER = """
import sys
from operations import jobs
from operations.models import ApiKey, Operation
from workers.models import RegisteredWorker
key, waiting, url = sys.argv[-3:]
assert ApiKey.objects.find(key).name == "before"
RegisteredWorker.objects.create(name="florida_data", url=url)
jobs.work()
operation = Operation.objects.get(pk=waiting)
print(operation.status, operation.steps.get().status, operation.events.count() > 2)
"""


@contextmanager
def two_servers(folder: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """What each installation is told: servers, folders and data of its own."""
    with postgres.running() as old, postgres.running() as new:
        both = []
        for name, url in (("old", old), ("new", new)):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE DATABASE warehouse")
            (folder / name).mkdir()
            both.append(
                {
                    "DATABASE_URL": url,
                    "WAREHOUSE_URL": url.replace("/postgres", "/warehouse"),
                    "CONCORD_VAR": str(folder / name),
                    "REDIS_URL": settings.REDIS_URL,
                    "SECRET_KEY": SECRET,
                }
            )
        yield both[0], both[1]


def manage(installation: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    whole = environment(Path(installation["CONCORD_VAR"])) | installation
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=whole, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(installation: dict[str, str], script: str, *words: str) -> str:
    command = [sys.executable, "-c", f"import django; django.setup()\n{script}", *words]
    whole = environment(Path(installation["CONCORD_VAR"])) | installation
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=whole, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def back_up(installation: dict[str, str], folder: Path) -> None:
    as_the_readme_tells("sh backup", installation, folder)


def restore(folder: Path, installation: dict[str, str]) -> None:
    as_the_readme_tells("sh restore", installation, folder)


def as_the_readme_tells(language: str, installation: dict[str, str], folder: Path) -> None:
    [script] = readme.blocks(language)
    variables = os.environ | installation | {"PGOPTIONS": "-c lock_timeout=10s"}
    subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=variables, check=True)


def verified(installation: dict[str, str], *words: str, code: int = 0) -> Any:
    """What `verify_audit` says of the trail, after it ended with this ``code``."""
    command = [sys.executable, "manage.py", "verify_audit", "--json", *words]
    whole = environment(Path(installation["CONCORD_VAR"])) | installation
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=whole, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def counted(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        statement = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in TABLES)
        return dict(connection.execute(statement).fetchall())


def test_operations_go_on_from_a_backup_on_another_server(tmp_path: Path, private_redis) -> None:
    with two_servers(tmp_path) as (old, new):
        for database in ("default", "warehouse"):
            manage(old, "migrate", "--database", database, "--verbosity", "0")
        key, question, waiting = python(old, BEFORE).split()
        Path(old["CONCORD_VAR"], "data").mkdir(exist_ok=True)
        Path(old["CONCORD_VAR"], "data", "rolls.parquet").write_bytes(b"rows")

        anchor = verified(old)["head"]
        # The commands of the README: no stop, no lock that anybody waits for.
        back_up(old, tmp_path)
        shutil.copytree(Path(old["CONCORD_VAR"], "data"), Path(new["CONCORD_VAR"], "data"))
        private_redis.flushall()  # Redis is not in the backup
        restore(tmp_path, new)

        assert counted(new["DATABASE_URL"]) == counted(old["DATABASE_URL"])
        assert Path(new["CONCORD_VAR"], "data", "rolls.parquet").read_bytes() == b"rows"
        manage(new, "migrate", "--check")
        told = verified(new, "--anchor", anchor)
        assert (told["holds"], told["head"], told["guarded"]) == (True, anchor, True)
        sample = ("--counties", "Duval", "--rows", "20", "--out", f"{new['CONCORD_VAR']}/inbox")
        manage(new, "make_sample_rolls", *sample)
        worker = Replica(Path(new["CONCORD_VAR"]), new | {"WORKER_TOKEN": "t" * 30})
        try:
            went_on = python(new | {"WORKER_TOKEN": "t" * 30}, AFTER, key, waiting, f"http://127.0.0.1:{worker.port}")
        finally:
            worker.kill()
        assert went_on.split() == ["completed", "completed", "True"]
        with psycopg.connect(new["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT status FROM escalations_escalation WHERE id = %s", [question]).fetchone()
            assert row == ("open",)
        said = manage(new, "forget", "--client", "before", "--dry-run")
        assert said.startswith("Would forget 2 operations")


def test_a_backup_that_was_tampered_with_is_found_once_it_is_restored(tmp_path: Path, private_redis) -> None:
    with two_servers(tmp_path) as (old, new):
        for database in ("default", "warehouse"):
            manage(old, "migrate", "--database", database, "--verbosity", "0")
        python(old, BEFORE)
        anchor = verified(old)["head"]
        with psycopg.connect(old["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
            connection.execute("UPDATE audit_entry SET actor_id = '99' WHERE sequence = 2")
            connection.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
        back_up(old, tmp_path)
        restore(tmp_path, new)

        told = verified(new, "--anchor", anchor, code=1)

        assert told["broken"]["sequence"] == 2
        assert told["broken"]["why"] == "it was changed after it was sealed"
