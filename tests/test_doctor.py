"""`manage.py doctor` on installations that are really broken: it names what is wrong and what to do, and no secret."""

import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from concord.doctor import clock, place, redis_server
from concord.doctor.finding import Check, Level, ok
from concord.doctor.running import findings
from tests import postgres
from tests.test_up import environment, free_port, running

ROOT = settings.BASE_DIR
PASSWORD = "swordfish-of-the-tests"
needs_postgres = pytest.mark.skipif(not postgres.available(), reason="no PostgreSQL here")


def doctor(var: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *options],
        cwd=ROOT,
        env=environment(var) | {"WORKER_TOKEN": "t" * 30} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def report(var: Path, **variables: str) -> list[dict[str, str]]:
    ended = doctor(var, "--json", **variables)
    assert ended.stderr == ""
    return json.loads(ended.stdout)


def of(found: list[dict[str, str]], about: str, level: str = "error") -> list[str]:
    return [f"{each['found']} → {each['do']}" for each in found if (each["about"], each["level"]) == (about, level)]


def migrate(var: Path, **variables: str) -> None:
    for database in ("default", "warehouse"):
        command = [sys.executable, "manage.py", "migrate", "--database", database, "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment(var) | variables, check=True)


def test_what_is_not_there_is_named_with_its_remedy_and_the_end_is_1(tmp_path):
    ended = doctor(tmp_path)
    assert ended.returncode == 1
    assert "migrations are pending, such as " in ended.stdout
    assert "→ run `manage.py migrate`" in ended.stdout
    assert "→ run `manage.py migrate --database warehouse`" in ended.stdout
    assert "→ start `manage.py up`" in ended.stdout
    assert "→ start `manage.py worker sunbiz`" in ended.stdout
    assert ended.stdout.splitlines()[-1].endswith(" errors")


@pytest.mark.whole
def test_an_installation_that_runs_is_well_and_who_dies_is_missed(tmp_path):
    with running(tmp_path, free_port()) as run:
        run.wait_until_it_serves()
        well = _when_well(tmp_path)
        assert (well.returncode, well.stderr) == (0, ""), well.stdout
        for words in ("queue workers          2 run", "sweeper                it last asked", "worker ai_ml"):
            assert f"ok       {words}" in well.stdout
        [worker] = run.running_as("worker", "sunbiz")
        worker.suspend()
        try:
            assert of(report(tmp_path, WORKER_TOKEN=""), "worker sunbiz")
        finally:
            worker.resume()
        other = report(tmp_path, WORKER_TOKEN="another-token-than-the-workers-have")
        [refused] = of(other, "worker sunbiz")
        assert refused.endswith("→ give it the same WORKER_TOKEN as here")


def _when_well(var: Path) -> subprocess.CompletedProcess[str]:
    """What the doctor says once all workers are up, which may take longer than the site does."""
    end = time.monotonic() + 60
    while (said := doctor(var, WORKER_TOKEN="")).returncode and time.monotonic() < end:
        time.sleep(0.5)
    return said


def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(tmp_path):
    dotenv = tmp_path / "settings.env"
    dotenv.write_text("MAX_RETRIES=1\nMAX_RETRIES=2\nCONFIDENCE_TRESHOLD=0.5\nCOLOUR=blue\n")
    dotenv.chmod(0o600)
    found = report(tmp_path, DOTENV=str(dotenv), REDIS_URl="redis://x", CONCORD_SPEED="9", UNRELATED="1")
    assert of(found, "settings") == [
        f"COLOUR in {dotenv} is no setting → remove it; the README has a table of all settings",
        f"CONFIDENCE_TRESHOLD in {dotenv} is no setting → did you mean CONFIDENCE_THRESHOLD?",
    ]
    assert of(found, "settings", "warning") == [
        f"MAX_RETRIES is set 2 times in {dotenv}: the first counts → remove the others",
        "CONCORD_SPEED in the environment is no setting → remove it; the README has a table of all settings",
        "REDIS_URl in the environment is no setting → did you mean REDIS_URL?",
    ]


@needs_postgres
def test_a_wrong_password_is_named_and_never_shown(tmp_path):
    with server_with_passwords() as url:
        ended = doctor(
            tmp_path,
            DATABASE_URL=url.replace("PASSWORD", PASSWORD),
            WAREHOUSE_URL=url.replace("PASSWORD@", "right-one@").removesuffix("concord") + "other",
        )
    assert 'password authentication failed for user "concord"' in ended.stdout
    assert "see that the server runs, and mend DATABASE_URL" in ended.stdout
    assert PASSWORD not in ended.stdout + ended.stderr
    assert "ok       WAREHOUSE_URL          PostgreSQL" in ended.stdout


@needs_postgres
def test_a_database_without_rights_and_one_that_is_ahead_are_told(tmp_path):
    with postgres.running() as url:
        server = url.rsplit("/", 1)[0]
        ask(url, "CREATE DATABASE warehouse")
        urls = {"DATABASE_URL": url, "WAREHOUSE_URL": f"{server}/warehouse"}
        migrate(tmp_path, **urls)
        ask(url, "CREATE ROLE reader LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        ask(url, "INSERT INTO django_migrations (app, name, applied) VALUES ('operations', '9999_later', now())")
        found = report(tmp_path, **urls | {"DATABASE_URL": url.replace("concord@", "reader@")})
    [rights] = of(found, "DATABASE_URL")
    assert rights.startswith("no right to read and write audit_entry, auth_group, ")
    assert any("this user may not create tables" in each for each in of(found, "DATABASE_URL", "warning"))
    [ahead] = [each for each in of(found, "DATABASE_URL", "warning") if "ahead of" in each]
    assert ahead == "the database is ahead of this version, by operations.9999_later → upgrade this part too"
    assert of(found, "WAREHOUSE_URL") == []


@needs_postgres
@pytest.mark.parametrize(("partitions", "enough"), [(40, True), (60, False)])
def test_more_partitions_than_there_are_locks_for_are_told(tmp_path, partitions, enough):
    with postgres.running("-c max_connections=20 -c max_locks_per_transaction=10") as url:
        ask(url, "CREATE TABLE nal (id int PRIMARY KEY) PARTITION BY LIST (id)")
        ask(url, *[f"CREATE TABLE nal_{n} PARTITION OF nal FOR VALUES IN ({n})" for n in range(partitions)])
        found = report(tmp_path, WAREHOUSE_URL=url)
    told = [each for each in of(found, "WAREHOUSE_URL", "warning") if "max_locks_per_transaction" in each]
    assert [each.partition(";")[0] for each in told] == (
        [] if enough else ["a query over all releases of a table needs 120 locks"]
    )


def test_a_redis_that_is_away_costs_a_moment_and_says_so(tmp_path):
    began = time.monotonic()
    found = report(tmp_path, REDIS_URL="redis://:another-secret@127.0.0.1:1/0")
    assert time.monotonic() - began < 20
    [away] = of(found, "REDIS_URL")
    assert away.endswith("→ see that Redis runs, and mend REDIS_URL")
    assert "another-secret" not in json.dumps(found)


def test_a_redis_that_may_drop_rings_or_refuse_writes_is_told(private_redis, monkeypatch):
    info = dict(private_redis.info(), maxmemory=10**6, maxmemory_policy="allkeys-lru", rdb_last_bgsave_status="err")
    monkeypatch.setattr(redis_server, "client", lambda: Told(info))
    levels = {each.found.split(":")[0]: each.level for each in redis_server.check()}
    assert levels["maxmemory-policy is allkeys-lru"] is Level.WARNING
    assert levels["its last snapshot failed, so that it may refuse writes"] is Level.ERROR


def test_who_answers_too_late_or_breaks_is_a_finding(settings):
    def slow() -> Iterator[Any]:
        time.sleep(5)
        yield ok("slow", "too late")

    def broken() -> Iterator[Any]:
        yield ok("broken", "first")
        raise RuntimeError(f"postgresql://rita:{PASSWORD}@db/concord\nis away, says {settings.SECRET_KEY}")

    began = time.monotonic()
    late, bad = findings([Check("slow", slow, "wait"), Check("broken", broken, "mend it")], seconds=0.3)
    assert time.monotonic() - began < 2
    assert (late.level, late.found, late.do) == (Level.ERROR, "no answer within 0.3 s", "wait")
    assert bad.found == "postgresql://***@db/concord is away, says ***"


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.4, Level.OK), (-1.9, Level.OK), (3, Level.WARNING), (-3, Level.WARNING), (40, Level.ERROR)]
)
def test_clocks_that_differ_are_told(ahead, level):
    assert clock.judged("db", ahead).level is level


@pytest.mark.parametrize(
    ("free", "level"), [(50e9, Level.OK), (9e9, Level.WARNING), (2e9, Level.ERROR), (1e8, Level.ERROR)]
)
def test_a_disk_that_gets_full_is_told(free, level):
    assert place.room("CONCORD_VAR", Path("/var"), int(free), int(100e9)).level is level


def test_secrets_that_others_may_read_are_named(tmp_path):
    doctor(tmp_path, WORKER_TOKEN="")
    (tmp_path / "secret_key").chmod(0o644)
    mounted = tmp_path / "token"
    mounted.write_text("x" * 40)
    mounted.chmod(0o644)
    found = report(tmp_path, WORKER_TOKEN="", WORKER_TOKEN_FILE=str(mounted))
    assert of(found, "permissions") == [f"others may read {tmp_path}/secret_key → chmod 600 {tmp_path}/secret_key"]
    assert of(found, "permissions", "warning") == [
        f"anybody may read {mounted} (WORKER_TOKEN_FILE) → chmod o-rwx {mounted}"
    ]


def test_what_must_not_be_exposed_is_a_warning_at_home_and_an_error_behind_https(tmp_path):
    given = {"DEBUG": "true", "API_KEY_REQUIRED": "false", "ALLOWED_HOSTS": "*", "SECRET_KEY": "short"}
    assert len(of(report(tmp_path, **given), "exposure", "warning")) == 5
    grave = of(report(tmp_path, **given, HTTPS="true", CSRF_TRUSTED_ORIGINS="http://concord.example"), "exposure")
    assert [each.split(":")[0].split()[0] for each in grave] == [
        "DEBUG",
        "API_KEY_REQUIRED",
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "SECRET_KEY",
    ]


@pytest.mark.parametrize(
    ("status", "body", "level", "words"),
    [
        (200, {"data": [{"id": "gpt-4.1-mini"}]}, "ok", "gpt-4.1-mini at "),
        (200, {"data": [{"id": "other"}]}, "warning", "set OPENAI_MODEL to one of other"),
        (401, {}, "error", "mend OPENAI_API_KEY"),
        (404, {}, "warning", "see whether OPENAI_BASE_URL ends in /v1"),
    ],
)
def test_the_model_is_asked_what_it_has(tmp_path, status, body, level, words):
    with answering(status, body) as url:
        found = report(tmp_path, OPENAI_BASE_URL=url, OPENAI_API_KEY="sk-very-secret")
    assert any(words in each for each in of(found, "language model", level)), found
    assert "sk-very-secret" not in json.dumps(found)


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    [broken] = of(report(tmp_path, DATA_URL=f"file://{tmp_path}/file/data"), "DATA_URL")
    assert broken.endswith("→ see that the store is there and may be written, and mend DATA_URL")


class Told:
    """A Redis that says what it is told to say: no real one can be brought to a failed snapshot in good time."""

    def __init__(self, info: dict[str, Any]):
        self._info = info

    def __enter__(self) -> "Told":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def info(self) -> dict[str, Any]:
        return self._info

    def time(self) -> tuple[int, int]:
        return int(time.time()), 0


def ask(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def rules_in(folder: Path) -> Path:
    """Who has to say a password: whoever asks for another database than the first."""
    folder.chmod(0o755)
    rules = folder / "pg_hba.conf"
    rules.write_text("local postgres concord trust\nlocal all all scram-sha-256\n")
    return rules


@contextmanager
def server_with_passwords() -> Iterator[str]:
    """A PostgreSQL that asks for a password; PASSWORD stands in the URL where it belongs."""
    with tempfile.TemporaryDirectory() as name, postgres.running(f"-c hba_file={rules_in(Path(name))}") as url:
        ask(url, "ALTER ROLE concord PASSWORD 'right-one'", "CREATE DATABASE concord", "CREATE DATABASE other")
        yield url.replace("concord@", "concord:PASSWORD@").removesuffix("postgres") + "concord"


@contextmanager
def answering(status: int, body: Any) -> Iterator[str]:
    """A server that answers every GET so; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()
