"""Whatever the model's server does, an operation ends in a sound plan made another way, or in front of a person."""

import json
import socket
from collections.abc import Callable

import pytest
from django.db import connections
from pytest_django import Settings

from operations import acts
from operations.comparison.model_server import Reply
from operations.models import Operation
from operations.states import Status
from tests.operations.conftest import Settle, run_queue
from tests.operations.scripts import SUMS, Script, add_up, goal, plan, result, script, sums

__all__ = ["script", "sums"]

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("sums"),
]

GOOD = plan(*SUMS).text

FAULTS = {
    "unauthorized": Reply(status=401, error="Incorrect API key provided"),
    "too many requests": Reply(status=429, error="slow down", headers={"Retry-After": "600"}),
    "server error": Reply(status=500),
    "away": Reply(status=503, headers={"Retry-After": "600"}),
    "late": Reply(text=GOOD, delay=30),
    "stalled": Reply(text=GOOD, stall_after=5),
    "cut stream": Reply(text=GOOD, cut_after=12),
    "refusal": Reply(refusal="I cannot help with that."),
    "length": Reply(text=GOOD[:60], finish_reason="length"),
    "empty": Reply(text=""),
    "no chat completion": Reply(body="<html>gateway</html>"),
    "not JSON": Reply(text="Sure! Here is your plan:"),
    "other JSON": Reply(text=json.dumps({"plan": "E1"})),
    "lines that are no text": Reply(text=json.dumps({"steps": [1, None, {"id": "E1"}]})),
    "no steps": plan(),
    "duplicate ids": plan("E1=numbers(upto=$upto)", "E1=total(values=[])"),
    "unknown action": plan("E1=launch_rocket()"),
    "unknown parameter": plan("E1=numbers(upto=$limit)"),
    "unknown argument": plan("E1=numbers(upto=$upto,downto=1)"),
    "wrong type": plan('E1=numbers(upto="three")'),
    "reference to nothing": plan("E1=double(value=#E9.value)"),
    "field that is not there": plan("E1=numbers(upto=$upto)", "E2=double(value=#E1.sum)"),
    "cycle": plan("E1=double(value=#E2.value)", "E2=double(value=#E1.value)"),
    "endless": plan(*[f"E{number}=numbers(upto=1)" for number in range(1, 150)]),
    "check left out": plan(*SUMS[:1], "E3=double(value=#item) each #E1.numbers", "E4=total(values=#E3)"),
    "something else added": plan(*SUMS, "E5=refuse()"),
    "other data": plan("E1=numbers(upto=1000)", *SUMS[1:]),
    "nested too deep": Reply(text="[" * 3000),
}


@pytest.fixture(autouse=True)
def impatient(settings: Settings) -> None:
    settings.PLANNING_SECONDS = 1.5


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_what_rules_can_plan_is_planned_by_rules(settle: Settle, script: Script, fault: Reply) -> None:
    model = script(fault)

    operation = settle(add_up())

    assert operation.status == Status.COMPLETED, operation.error
    assert operation.plan_source == "rules"
    assert result(operation, "E4") == {"value": 12}
    note = operation.events.get(kind="planner").message
    assert note.startswith("Planned by rules, not by a model: ")
    assert len(model.calls) <= 5


BY_HTTP = [name for name in FAULTS if name not in ("check left out", "something else added", "other data")]


@pytest.mark.parametrize("fault", [FAULTS[name] for name in BY_HTTP], ids=BY_HTTP)
def test_a_goal_that_nobody_can_plan_goes_to_a_person(settle: Settle, script: Script, fault: Reply) -> None:
    script(fault)

    operation = settle(goal())

    assert operation.status == Status.ESCALATING
    assert operation.escalations.get().reason == "bad_plan"
    assert not operation.steps.exists()


def test_nobody_is_at_the_address_of_the_model(settle: Settle, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    operation = settle(add_up())

    assert operation.status == Status.COMPLETED
    assert operation.plan_source == "rules"
    assert operation.token_usage == 0


@pytest.mark.parametrize("fault", ["cut stream", "length", "empty"])
def test_a_goal_is_asked_again_when_the_answer_broke_off(settle: Settle, script: Script, fault: str) -> None:
    model = script(FAULTS[fault], plan("E1=numbers(upto=2)"))

    operation = settle(goal())

    assert operation.status == Status.COMPLETED
    assert len(model.calls) == 2


def test_after_a_busy_moment_the_model_plans(settle: Settle, script: Script, settings: Settings) -> None:
    settings.PLANNING_SECONDS = 30
    model = script(Reply(status=429, headers={"Retry-After": "0.1"}), Reply(status=500), plan(*SUMS))

    operation = settle(add_up())

    assert operation.plan_source == "rewoo"
    assert [call.status for call in model.calls] == [429, 500, 200]


def test_a_spent_budget_leaves_what_rules_can_plan_to_them(settle: Settle, script: Script, settings: Settings) -> None:
    settings.TOKEN_BUDGETS = settings.TOKEN_BUDGETS | {"planning": 100}
    model = script(plan(*SUMS))

    operation = settle(add_up())
    without_rules = settle(goal())

    assert (operation.status, operation.plan_source) == (Status.COMPLETED, "rules")
    assert without_rules.status == Status.ESCALATING
    assert without_rules.escalations.get().reason == "budget_spent"
    assert model.calls == []


def test_where_nobody_is_to_be_asked_a_goal_without_a_plan_fails(
    settle: Settle, script: Script, settings: Settings
) -> None:
    settings.ESCALATION_ENABLED = False
    script(FAULTS["refusal"])

    operation = settle(goal())

    assert operation.status == Status.FAILED
    assert "refused" in operation.error


@pytest.mark.parametrize("begin", [add_up, goal])
def test_an_operation_can_be_cancelled_while_the_model_thinks(
    script: Script, settle: Settle, settings: Settings, begin: Callable[[], Operation]
) -> None:
    settings.PLANNING_SECONDS = 20
    model = script(plan(*SUMS))
    operation = begin()

    def cancel_and_stall(request: dict) -> Reply:
        acts.cancel(Operation.objects.get(pk=operation.pk), actor="alice")
        connections.close_all()  # those of the model's thread
        return Reply(text=GOOD, stall_after=3)

    model.decide = cancel_and_stall
    run_queue()

    operation = settle(operation)
    assert operation.status == Status.CANCELLED
    assert not operation.steps.exists()
