"""A model behind real HTTP that says what a test wants, and goals for it to plan."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pytest_django import Settings

from operations.comparison.model_server import ModelServer, Reply, serve
from operations.models import Operation
from operations.planning import listening, rules, types
from operations.states import OperationType
from tests.api.conftest import Caller
from tests.make import make_key
from tests.operations.conftest import step

Json = dict[str, Any]
Script = Callable[..., ModelServer]

LINES = ["E1=numbers(upto=2)", "E2=double(value=#item) each #E1.numbers", "E3=total(values=#E2)"]


@pytest.fixture
def script(settings: Settings) -> Iterator[Script]:
    """Start the model: ``script(reply, reply, …, ttft=…)`` says them one after the other, the last one ever after."""
    with ExitStack() as running:

        def start(*replies: Reply | list[str], **pace: Any) -> ModelServer:
            said = [reply if isinstance(reply, Reply) else plan(*reply) for reply in replies]
            server = running.enter_context(serve(lambda request: said.pop(0) if len(said) > 1 else said[0], **pace))
            settings.OPENAI_BASE_URL = server.url
            return server

        yield start
    _wait_for_those_who_asked()


def _wait_for_those_who_asked() -> None:
    """Whoever is left alone by its operation still writes its call into the ledger, before the tables are emptied."""
    for thread in threading.enumerate():
        if thread.name == listening.THREAD:
            thread.join(20)
            assert not thread.is_alive(), "a model is still being asked"


def plan(*lines: str, **how: Any) -> Reply:
    """The answer that has these lines as its plan."""
    return Reply(text=json.dumps({"steps": lines}, separators=(",", ":")), **how)


def post(operation_type: str = "custom", expect: int = 202, **parameters: Any) -> Any:
    """POST an operation as a client does; gives the operation, or the problem where that is what is expected."""
    caller = Caller(make_key()[1])
    body = {"operation_type": operation_type, "parameters": parameters}
    response = caller.send("/operations", body, Prefer="respond-async")
    assert response.status_code == expect, response.json()
    return Operation.objects.get(pk=response.json()["operation_id"]) if expect == 202 else response.json()


def goal(words: str = "Double the numbers up to 2 and add them up.", **parameters: Any) -> Operation:
    return post(goal=words, **parameters)


def prompts(server: ModelServer) -> list[str]:
    """What the model was asked, call by call."""
    return ["\n".join(message["content"] for message in call.request["messages"]) for call in server.calls]


@pytest.fixture
def sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations of the type `ai_inference` add up numbers, by a template of their own."""
    monkeypatch.setitem(types.CHECKS, OperationType.AI_INFERENCE, lambda parameters: None)
    monkeypatch.setitem(rules.TEMPLATES, OperationType.AI_INFERENCE, _sums)
    monkeypatch.setitem(rules.DEFAULTS, OperationType.AI_INFERENCE, dict)


def _sums(parameters: Json) -> list[Json]:
    within = [{"check": "is_true", "path": "ok", "gate": True, "words": "the value is within the limit"}]
    return [
        step("E1", "numbers", arguments={"upto": parameters["upto"]}),
        step("E2", "judge", for_each="#E1.numbers", label="#item", arguments={"value": "#item"}, validation=within),
        step("E3", "double", for_each="#E2", label="#item", arguments={"value": "#item.value"}),
        step("E4", "total", arguments={"values": "#E3"}, depends_on=["E2"]),
    ]


SUMS = [
    "E1=numbers(upto=$upto)",
    "E2=judge(value=#item) each #E1.numbers",
    "E3=double(value=#item.value) each #E2",
    "E4=total(values=#E3) after E2",
]


def add_up(**parameters: Any) -> Operation:
    """An operation of a type that has rules."""
    return post("ai_inference", **{"upto": 3, **parameters})


def result(operation: Operation, step_id: str) -> Any:
    """What a step brought."""
    return operation.steps.get(step_id=step_id).result
