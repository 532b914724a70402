"""Traces: one connected tree for one operation, in a real collector, and nothing where they are off."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from operations.comparison.model_server import Reply
from operations.models import Operation
from operations.states import Status
from tests.api.conftest import Caller
from tests.collector import Seen, Spans, collecting
from tests.make import make_key
from tests.operations.conftest import Settle
from tests.operations.scripts import Script, plan, script
from tests.serving import served
from workers import tracing

__all__ = ["script"]  # a fixture

pytestmark = served

GOAL = "Ask Grace Hopper, 12 Elm Street, how it is."
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """A collector, which this process is told to send its traces to."""
    with collecting() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        tracing._tracer.cache_clear()
        yield found
        tracing.forget()


def post(steps: object = None, **headers: str) -> Operation:
    parameters = {"steps": steps} if steps else {"goal": GOAL}
    body = {"operation_type": "custom", "parameters": parameters}
    answer = Caller(make_key()[1]).send("/operations", body, Prefer="respond-async", **headers)
    return Operation.objects.get(pk=answer.json()["operation_id"])


def tree(spans: Spans, trace: str) -> dict[str, str]:
    """The spans of a trace by id, each with its parent. There is one root, and nobody's parent is missing."""
    tracing.flush()
    found = {span.id: span.parent for span in spans.seen if span.trace == trace}
    assert [parent for parent in found.values() if parent not in found] == [""]
    return found


def one(spans: Spans, name: str) -> Seen:
    [span] = spans.named(name)
    return span


def test_one_operation_is_one_tree_from_the_post_to_the_decision(
    spans: Spans, settle: Settle, script: Script, settings: Settings
) -> None:
    settings.OPENAI_MODEL = "scripted"
    settings.CONFIDENCE_THRESHOLD = 0.999
    script(plan('E1=consult(question="well?")', "E2=unsure()"), Reply(text="Well enough."))
    operation = settle(post())
    assert operation.status == Status.ESCALATING
    rita = Caller(make_key("decide", name="rita")[1])
    question = operation.escalations.get()
    answer = {"decision": "approve", "revision": question.revision, "decision_id": "d-1"}
    assert rita.send(f"/escalations/{question.pk}/decide", answer).status_code == 200
    assert settle(operation).status == Status.COMPLETED
    tracing.flush()

    submitted = one(spans, "submit")
    parents = tree(spans, submitted.trace)

    assert submitted.kind == PRODUCER
    assert submitted.attributes["concord.operation.id"] == operation.pk
    [request] = [span for span in spans.seen if span.id == submitted.parent]
    assert request.kind == SERVER
    assert request.attributes["http.response.status_code"] == 202
    turns = {span.id for span in spans.named("advance")}
    assert {parents[turn] for turn in turns} == {submitted.id}
    for stage in ("planning", "executing", "validating"):
        assert {span.parent for span in spans.named(stage)} <= turns
    run = one(spans, "run consult")
    [call] = [span for span in spans.named("call plant.consult") if span.id == run.parent]
    assert call.kind == CLIENT
    assert call.parent in {span.id for stage in ("planning", "executing") for span in spans.named(stage)}
    assert run.kind == SERVER
    asked = {parents[span.id]: span for span in spans.named("chat scripted")}
    assert set(asked) == {one(spans, "planning").id, run.id}
    decision = one(spans, "decide")
    assert decision.parent == submitted.id
    assert decision.links != [submitted.trace]
    assert len(decision.links) == 1


def test_a_model_call_is_told_by_the_conventions_and_without_what_was_said(
    spans: Spans, settle: Settle, script: Script, settings: Settings
) -> None:
    settings.OPENAI_MODEL = "scripted"
    model = script(plan("E1=numbers(upto=2)"))
    settle(post())
    tracing.flush()

    told = one(spans, "chat scripted").attributes

    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.request.model"] == "scripted"
    assert told["gen_ai.response.finish_reasons"] == ["stop"]
    assert told["gen_ai.usage.input_tokens"] + told["gen_ai.usage.output_tokens"] == model.tokens
    assert not any(b"Hopper" in body or b"Elm Street" in body for body in spans.bodies)


def test_a_client_that_has_a_trace_finds_the_operation_in_it(spans: Spans, settle: Settle) -> None:
    trace, above = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

    settle(post([{"id": "E1", "worker": "plant", "action": "numbers"}], traceparent=f"00-{trace}-{above}-01"))
    tracing.flush()

    assert one(spans, "submit").trace == one(spans, "run numbers").trace == trace
    assert above in {span.parent for span in spans.seen}


def test_a_call_that_failed_says_so_by_its_kind_alone(spans: Spans, settle: Settle) -> None:
    settle(post([{"id": "E1", "worker": "plant", "action": "refuse"}]))
    tracing.flush()

    assert one(spans, "run refuse").failed
    assert one(spans, "run refuse").attributes["error.type"] == "ActionError"
    assert not any(b"EXMPT" in body for body in spans.bodies)


def test_where_it_is_off_nothing_of_it_is_there(settle: Settle) -> None:
    operation = settle(post([{"id": "E1", "worker": "plant", "action": "numbers"}]))

    assert operation.traceparent == ""
    assert not tracing.is_on()
    assert tracing.headers() == {}
    looked = "import sys, workers.tracing as t; t.is_on(); print('opentelemetry' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_asked_for_without_its_packages_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    tracing._tracer.cache_clear()

    assert not tracing.is_on()

    assert "install concord[telemetry]" in caplog.text
    tracing._tracer.cache_clear()
