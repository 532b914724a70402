"""What nobody expected is written down with its frames and ids, without the data that its words quote."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from concord import logs
from operations import acts, pipeline
from operations.states import Status
from tests.api.conftest import Caller, caller
from tests.logs import plain
from tests.make import COUNTIES
from tests.operations.conftest import Settle, plant_url, post, settle  # noqa: F401 they are fixtures
from tests.serving import serve, served
from tests.workers.example_worker import worker as example

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    """What gets into a log that is written as in production, beside the tests' own."""
    configured = logs.configuration(tmp_path, "INFO")["formatters"]["json"]
    handler = logging.FileHandler(tmp_path / logs.FILE)
    handler.setFormatter(configured.pop("()")(**configured))
    logging.getLogger().addHandler(handler)
    try:
        yield lambda: [json.loads(line) for line in (tmp_path / logs.FILE).read_text().splitlines()]
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def raises(error: Exception) -> Callable[..., None]:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    return fail


@pytest.mark.django_db
def test_in_a_view(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    alice: Caller = caller(name="alice")
    monkeypatch.setattr(acts, "submit", raises(ValueError(plain.SENTENCE)))
    body = {"operation_type": "data_pipeline", "parameters": COUNTIES, "metadata": plain.ROW}

    answer = alice.send("/operations", body, X_Request_Id="r-1")

    assert answer.status_code == 500
    assert not plain.found_in(json.dumps(lines()))
    [crash] = [line for line in lines() if "exception" in line]
    assert crash["request_id"] == "r-1"
    assert crash["exception"].endswith("ValueError")
    assert "operations/api.py" in crash["exception"]
    [access] = [line for line in lines() if line["logger"] == "concord.access"]
    assert alice.row
    assert (access["status"], access["actor"], access["request_id"]) == (500, f"client:{alice.row.pk}", "r-1")
    assert access["ms"] > 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        f"/console/data?q={plain.NAME}",
        f"/{plain.NAME}/{plain.EMAIL}",
        f"/operations/{plain.NAME}",
        f"/operations?client={plain.NAME}",
        f"/audit?target={plain.EMAIL}",
        f"/console/operations/{plain.SSN}",
        f"/admin/{plain.NAME}",
    ],
)
def test_in_a_path_or_a_query(lines: Lines, path: str) -> None:
    headers = {"X-Request-Id": plain.EMAIL, "X-Api-Key": plain.KEY, "User-Agent": plain.NAME, "Referer": plain.URL}
    answer = Caller().get(path, headers=headers)
    assert not plain.found_in(json.dumps(lines()))
    assert answer.headers["X-Request-Id"] == lines()[-1]["request_id"]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [f'{{"owner": "{plain.NAME}', json.dumps(plain.ROW), json.dumps([plain.ROW]), "\0"])
def test_in_a_body_that_cannot_be_used(lines: Lines, body: str) -> None:
    alice = caller(name="alice")
    answer = alice.post("/operations", body, content_type="application/json", headers={"Idempotency-Key": plain.KEY})
    assert answer.status_code == 400
    assert not plain.found_in(json.dumps(lines()))


@pytest.mark.django_db
def test_in_a_log_in(lines: Lines) -> None:
    Caller().post("/console/login", {"username": plain.EMAIL, "password": plain.PASSWORD})
    assert not plain.found_in(json.dumps(lines()))
    assert lines()


@pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])
def test_in_a_queue_worker(lines: Lines, settle: Settle, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    operation = post([{"id": "E1", "worker": "plant", "action": "echo", "arguments": {"value": plain.ROW}}])
    monkeypatch.setitem(pipeline.STAGES, Status.PLANNING, raises(KeyError(plain.SENTENCE)))

    settle(operation)

    assert operation.status == Status.FAILED
    assert not plain.found_in(json.dumps(lines()))
    [crash] = [line for line in lines() if "exception" in line]
    assert crash["operation_id"] == operation.pk
    assert crash["exception"].endswith("KeyError")


@served
def test_in_a_worker_s_service(lines: Lines) -> None:
    with serve(example) as url, httpx2.Client(base_url=url, trust_env=False) as http:
        headers = {"Authorization": f"Bearer {settings.WORKER_TOKEN}", "Idempotency-Key": "op-1:E7:abc:1"}
        body = {"operation": "crash", "parameters": {"text": plain.SENTENCE}}
        answer = http.post("/operations", json=body, headers=headers | {"X-Request-Id": "r-9"})
        http.post("/operations", content=json.dumps(plain.ROW)[:-1], headers=headers)
        http.get(f"/{plain.NAME}", headers=headers)

    assert answer.status_code == 500
    assert not plain.found_in(json.dumps(lines()))
    [crash] = [line for line in lines() if line["event"] == "action crashed"]
    assert (crash["request_id"], crash["operation_id"], crash["step_id"]) == ("r-9", "op-1", "E7")
    assert crash["exception"].endswith("RuntimeError")


@pytest.mark.django_db
def test_of_a_failing_statement_the_row_is_not_quoted(lines: Lines) -> None:
    """PostgreSQL quotes it in the message, the detail and, of a COPY, in the context."""
    logger = logging.getLogger("any")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE parcel (id integer PRIMARY KEY, owner text CHECK (owner <> ''), n integer)")
        cursor.execute("INSERT INTO parcel VALUES (1, %s, 1)", [plain.NAME])
    tried: list[tuple[str, list[Any]]] = [
        ("INSERT INTO parcel VALUES (1, %s, 1)", [plain.NAME]),
        ("INSERT INTO parcel SELECT 2, %s, CAST(%s AS integer)", [plain.OWNER, plain.NAME]),
        ("INSERT INTO parcel VALUES (%s, '', 1)", [3]),
    ]
    for statement, values in tried:
        _tried(statement, values, logger)
    if connection.vendor == "postgresql":
        _tried(None, [f"4\t{plain.OWNER}\t{plain.NAME}\n"], logger)

    crashes = [line for line in lines() if "exception" in line]
    assert len(crashes) == (4 if connection.vendor == "postgresql" else 2)
    assert not plain.found_in(json.dumps(lines()))
    named = "SQLSTATE 23505" if connection.vendor == "postgresql" else "UNIQUE constraint failed: parcel.id"
    assert named in crashes[0]["exception"]


def _tried(statement: str | None, values: list[Any], logger: logging.Logger) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if statement:
                cursor.execute(statement, values)
            else:
                with cursor.copy("COPY parcel FROM STDIN") as copy:
                    copy.write(values[0])
    except DatabaseError as error:
        logger.exception("It failed: %s", error)
    except Exception:
        logger.exception("It failed")


PROGRAM = """
import logging.config, pathlib, sys, threading, warnings
from concord import logs
logging.config.dictConfig(logs.configuration(pathlib.Path(sys.argv[1]), "DEBUG"))
logs.route_structlog()
logs.catch_uncaught()
def fail():
    raise ValueError(sys.argv[2])
thread = threading.Thread(target=fail)
thread.start()
thread.join()
warnings.warn("see " + sys.argv[3])
logging.getLogger("any").info("%d rows", sys.argv[2])
fail()
"""


def test_of_a_process_that_dies_neither_its_words_nor_its_warnings_are_printed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), plain.SENTENCE, plain.URL]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    text = (tmp_path / logs.FILE).read_text()
    assert not plain.found_in(text + ended.stdout + ended.stderr)
    died = [json.loads(line) for line in text.splitlines() if "Nobody caught this" in line]
    assert [line["exception"].splitlines()[-1] for line in died] == ["ValueError", "ValueError"]
