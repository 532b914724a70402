"""A performance check, as a client asks for it: POST /operations, planned by rules, run by the real worker."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from operations.models import Operation
from operations.states import Status
from tests.api.conftest import Caller, alice
from tests.operations.conftest import run_queue, settle
from tests.serving import registered
from tests.workers.performance.conftest import concord
from tests.workers.performance.test_monitor_health import CALM
from tests.workers.rolls import make_processed
from workers import performance
from workers.contract import Call
from workers.florida_data.upload import upload

__all__ = ["alice", "concord", "run_queue", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

Check = Callable[..., Operation]


@pytest.fixture
def plant_url(concord: str) -> Iterator[str]:
    """The performance worker takes the place of the test worker."""
    with registered(performance.worker) as url:
        yield url


@pytest.fixture
def check(alice: Caller, settle: Callable[..., Operation]) -> Check:
    """Post a performance check with these parameters, and run it until it rests."""

    def post(**parameters: Any) -> Operation:
        body = {"operation_type": "performance_check", "parameters": {"thresholds": CALM, **parameters}}
        response = alice.send("/operations", body, Prefer="respond-async")
        assert response.status_code == 202, response.json()
        return settle(Operation.objects.get(pk=response.json()["operation_id"]))

    return post


def result_of(operation: Operation) -> dict[str, Any]:
    assert operation.status == Status.COMPLETED, (operation.error, operation.confidence)
    assert operation.result
    return operation.result


def test_it_tells_health_performance_and_completion(check: Check) -> None:
    found = result_of(check())

    assert found["steps_executed"] == 3
    assert found["health"] == {"status": "ok", "attention": []}
    assert found["performance"]["regressions"] == []
    assert [dataset["dataset"] for dataset in found["completion"]] == ["NAL", "NAP", "SDF"]
    assert "parity" not in found


def test_a_second_check_knows_how_long_the_first_took(check: Check) -> None:
    first = check()
    second = check(checks=["performance"], hours=1)

    assert first.started_at
    analysis: Any = second.steps.get().result
    [operations] = analysis["operations"]
    assert (operations["operation_type"], operations["count"]) == ("performance_check", 1)
    assert {group["step"] for group in analysis["steps"]} == {
        f"performance.{action}" for action in ("monitor_health", "analyze_performance", "track_completion")
    }
    assert "performance_check" not in result_of(second)["performance"]["summary"][0]
    assert result_of(second)["performance"]["bottleneck"]


def test_what_is_critical_waits_for_a_person_by_name(check: Check) -> None:
    operation = check(thresholds=CALM | {"disk.free_share": {"warn": 1.1, "critical": 1.1}})

    assert operation.status == Status.ESCALATING
    question = operation.escalations.get()
    assert question.reason == "rule_failed"
    assert operation.result
    [attention] = operation.result["health"]["attention"]
    assert attention.startswith("disk: ")


def test_parity_is_checked_where_two_sides_are_given(check: Check) -> None:
    processed = make_processed()
    upload.run(Call(), {"processed": processed})
    sides = {"left": processed["dataset"], "right": {"table": "sdf_current"}, "key": ["parcel_id", "sale_id_cd"]}

    found = result_of(check(**sides))

    assert found["parity"]["agree"] is True
    assert found["parity"]["rows_left"] == processed["rows_processed"]
    assert found["steps_executed"] == 4


def test_sides_that_differ_wait_for_a_person(check: Check) -> None:
    upload.run(Call(), {"processed": make_processed()})

    operation = check(checks=["parity"], left={"table": "sdf_current"}, right={"table": "nal_current"})

    assert operation.status == Status.ESCALATING
    assert operation.result
    assert operation.result["parity"]["agree"] is False
    assert "only on the left" in operation.result["parity"]["words"]


def test_a_plan_can_be_looked_at_first(check: Check) -> None:
    steps = result_of(check(plan_only=True, counties=["Union"], checks=["completion"]))["plan"]["steps"]

    [step] = steps
    assert (step["worker"], step["action"]) == ("performance", "track_completion")
    assert step["arguments"] == {"counties": ["Union"]}


@pytest.mark.parametrize(
    ("parameters", "field", "words"),
    [
        ({"check": ["health"]}, "check", "There is no parameter 'check'"),
        ({"checks": ["heath"]}, "checks.0", "'heath' is no check; there are health, performance"),
        ({"checks": ["health", "health"]}, "checks.1", "comes twice"),
        ({"checks": []}, "checks", "must be a list"),
        ({"checks": ["parity"]}, "left", "what parity compares"),
        ({"left": {"table": "sdf"}}, "right", "what parity compares"),
        ({"checks": ["health"], "left": {"table": "sdf"}}, "left", "add it to checks"),
        ({"left": {"table": "sdf"}, "right": {"table": "nal"}, "key": "id"}, "key", "list of names"),
        ({"hours": 0}, "hours", "above 0"),
        ({"baseline_days": "7"}, "baseline_days", "above 0"),
        ({"thresholds": [1]}, "thresholds", "disk.free_share"),
        ({"operation_type": "custard"}, "operation_type", "must be one of"),
        ({"counties": ["Brevar"]}, "counties.0", "Brevard"),
        ({"year": "2025"}, "year", "whole number"),
    ],
)
def test_a_parameter_that_means_nothing_is_named(
    alice: Caller, parameters: dict[str, Any], field: str, words: str
) -> None:
    response = alice.send("/operations", {"operation_type": "performance_check", "parameters": parameters})

    assert response.status_code in (400, 422)
    [error] = response.json()["errors"]
    assert error["field"] == f"parameters.{field}"
    assert words in error["message"]
