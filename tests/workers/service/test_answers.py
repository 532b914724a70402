"""What a worker's service answers to a single call."""

import httpx2
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tests.serving import serve, served
from tests.workers.example_worker import worker
from tests.workers.service.conftest import Caller
from workers.models import CallRecord
from workers.service import app, outcome

pytestmark = served


def test_health_is_open_and_names_the_worker():
    with serve(worker) as url:
        answer = httpx2.get(f"{url}/health")

    assert answer.json() == {"status": "healthy", "worker": "example", "version": "1.0"}


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}])
@pytest.mark.parametrize("path", ["/manifest", "/operations/2b1e6ca0-6a0c-4c8b-b6a3-2b6a3f9a0001", "/nowhere"])
def test_a_stranger_gets_no_further_than_health(path, header):
    with serve(worker) as url:
        answer = httpx2.get(url + path, headers=header)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "WORKER_TOKEN" in answer.json()["detail"]


def test_the_manifest_describes_each_action_by_its_schemas(caller: Caller):
    manifest = caller.get("/manifest").json()

    assert (manifest["name"], manifest["version"]) == ("example", "1.0")
    echo = next(action for action in manifest["actions"] if action["name"] == "echo")
    assert echo["description"] == "Give the text back."
    assert echo["read_only"] is True
    assert echo["parameters"]["properties"]["text"] == {"maxLength": 2000, "title": "Text", "type": "string"}
    assert echo["result"]["required"] == ["text", "step", "attempt"]


def test_a_quick_action_is_answered_at_once_and_recorded(caller: Caller):
    answer = caller.act("echo", {"text": "Añasco"}, idempotency_key="op-1:E2[0]:abc:1", concord_attempt="2")

    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "completed"
    assert body["result"] == {"text": "Añasco", "step": "E2[0]", "attempt": 2}
    assert body["execution_time_ms"] >= 0
    record = CallRecord.objects.get()
    assert (str(record.id), record.status, record.attempt) == (body["id"], "completed", 2)
    assert caller.get(f"/operations/{body['id']}").json()["result"] == body["result"]


def test_confidence_and_model_calls_are_passed_on(caller: Caller):
    body = caller.act("judge").json()

    assert body["confidence"] == 0.4
    assert body["usage"] == [{"model": "small", "input_tokens": 12, "output_tokens": 3}]


def test_parameters_that_do_not_fit_are_refused_by_field_and_leave_no_record(caller: Caller):
    answer = caller.act("echo", {"text": 5})

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["field"] == "text"
    assert answer.json()["status"] == "failed"
    assert answer.json()["retryable"] is False
    assert not CallRecord.objects.exists()


def test_a_parameter_that_the_action_refuses_is_named_too(caller: Caller):
    answer = caller.act("refuse", {"county": "Brovard"})

    assert answer.status_code == 422
    assert answer.json()["field"] == "counties"
    assert "'Brovard'" in answer.json()["error"]


def test_an_unknown_action_is_refused_with_the_nearest(caller: Caller):
    answer = caller.act("ecko")

    assert answer.status_code == 404
    assert answer.json()["error"] == "operation: example has no action 'ecko'; the nearest is 'echo'"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"operation": ', 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"[]", 400, "not an object"),
        (b'{"parameters": {}}', 400, "operation"),
        (b'{"operation": "echo", "parameters": [1]}', 400, "parameters"),
        (b" " * (app.BODY_LIMIT + 1), 413, "dataset reference"),
    ],
)
def test_a_body_that_cannot_be_a_call_is_refused(caller: Caller, body, status, words):
    answer = caller.post("/operations", content=body)

    assert answer.status_code == status
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Concord-Attempt", "soon"),
        ("Concord-Attempt", "0"),
        ("Concord-Attempt", "99999999999"),
        ("Concord-Deadline", "tomorrow"),
        ("Concord-Deadline", "2026-11-23T10:00:00"),
        ("Concord-Deadline", "1e400"),
        ("Idempotency-Key", "k" * 256),
    ],
)
def test_a_header_that_cannot_be_read_is_refused_by_its_name(caller: Caller, header, value):
    answer = caller.act("echo", {"text": "x"}, **{header: value})

    assert answer.status_code == 400
    assert answer.json()["field"] == header
    assert not CallRecord.objects.exists()


def test_a_book_of_headers_is_refused(caller: Caller):
    answer = caller.get("/health", headers={"X-Book": "x" * app.HEADERS_LIMIT})

    assert answer.status_code == 431


def test_a_source_that_is_busy_makes_the_call_retryable(caller: Caller, journal):
    answer = caller.act("flaky", {"journal": str(journal)})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["retryable"] is True


def test_an_unforeseen_error_names_its_type_and_is_final(caller: Caller):
    with capture_logs() as entries:
        answer = caller.act("crash", {"text": "row of Jane Roe"})

    assert answer.status_code == 500
    assert answer.json()["status"] == "failed"
    assert answer.json()["error"] == "RuntimeError: row of Jane Roe"
    assert answer.json()["retryable"] is False
    crashed = next(entry for entry in entries if entry["event"] == "action crashed")
    assert crashed["error"] == "RuntimeError"
    assert "example_worker.py" in crashed["exception"]
    assert "Jane Roe" not in str(entries)


def test_a_call_is_logged_by_its_names_and_never_by_its_parameters(caller: Caller):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with capture_logs(processors=[merge_contextvars]) as entries:
        caller.act("echo", {"text": "Jane Roe"}, idempotency_key="op-1:E3:abc:1", traceparent=trace)
        caller.act("echo", {"text": "Jane Roe"}, traceparent="Jane Roe")

    first, second = (entry for entry in entries if entry["event"] == "call ended")
    assert (first["operation_id"], first["step_id"], first["action"], first["trace"]) == ("op-1", "E3", "echo", trace)
    assert first["status"] == "completed"
    assert second["trace"] == ""
    assert "Jane Roe" not in str(entries)


def test_an_error_that_no_database_could_store_is_still_told(caller: Caller):
    answer = caller.act("crash", {"text": "zero \0 and the rest"})

    assert answer.status_code == 500
    state = caller.get(f"/operations/{answer.json()['id']}").json()
    assert state["error"] == "RuntimeError: zero \N{REPLACEMENT CHARACTER} and the rest"


def test_a_result_of_a_megabyte_arrives_whole(caller: Caller):
    assert caller.act("big", {"size": 2**20}).json()["result"]["text"] == "x" * 2**20


def test_a_result_that_should_be_a_dataset_is_refused(caller: Caller):
    answer = caller.act("big", {"size": outcome.RESULT_LIMIT})

    assert answer.status_code == 500
    assert "dataset reference" in answer.json()["error"]


def test_what_is_not_there_is_a_problem_document(caller: Caller):
    unknown = caller.get("/operations/2b1e6ca0-6a0c-4c8b-b6a3-2b6a3f9a0001")
    nowhere = caller.get("/nowhere")
    wrong = caller.put("/operations")

    assert [answer.status_code for answer in (unknown, nowhere, wrong)] == [404, 404, 405]
    kinds = {answer.headers["Content-Type"] for answer in (unknown, nowhere, wrong)}
    assert kinds == {"application/problem+json"}
