"""Planning step by step where the type has rules: the model says which steps run, never what is checked or left out."""

from typing import Any

import pytest

from tests.operations.conftest import Settle, statuses
from tests.operations.scripts import add_up, result, sums
from tests.operations.test_plan_step_by_step import Reply, acting, model, prompts
from tests.serving import served

__all__ = ["sums"]

pytestmark = [served, pytest.mark.usefixtures("sums")]

NUMBERS = ("numbers", {"upto": 3})
JUDGE = ("judge", {"value": "#item", "for_each": "#E1.numbers"})
DOUBLE = ("double", {"value": "#item.value", "for_each": "#E2"})
TOTAL = ("total", {"values": "#E3"})
STEPS = (NUMBERS, JUDGE, DOUBLE, TOTAL)


def steps_by(style: str, *steps: Any) -> list[Reply]:
    return [*(acting(style, step) for step in steps), acting(style)]


@pytest.mark.parametrize("style", ["classic", "zero_shot", "tools"])
def test_the_rules_and_labels_of_the_type_are_attached(settle: Settle, settings: Any, style: str) -> None:
    with model(settings, style, *steps_by(style, *STEPS)):
        operation = settle(add_up())

    assert (operation.status, operation.plan_source) == ("completed", "react"), operation.error
    assert result(operation, "E4") == {"value": 12}
    judged = operation.steps.get(step_id="E2[0]")
    assert judged.validation[0]["words"] == "the value is within the limit"
    assert judged.label == "1"


def test_a_gate_holds_before_the_model_is_asked_again(settle: Settle, settings: Any) -> None:
    with model(settings, "classic", *steps_by("classic", ("numbers", {"upto": 5}), JUDGE, DOUBLE)) as server:
        operation = settle(add_up(upto=5))

    assert operation.status == "escalating"
    assert operation.escalations.get().reason == "rule_failed"
    assert len(server.calls) == 2
    assert "E3" not in statuses(operation)


WRONG = {
    "too early": ([NUMBERS, ("total", {"values": []})], "must come first"),
    "other data": ([("numbers", {"upto": 4})], "upto should be 3"),
    "not over the list": ([NUMBERS, ("judge", {"value": 1})], "it should go over each #E1.numbers"),
    "not called for": ([NUMBERS, ("wipe", {"journal": "/dev/null", "table": "sales"})], "There is no action"),
    "not finished": ([NUMBERS], "plant.judge, plant.double, plant.total must still be done"),
}


@pytest.mark.parametrize(("steps", "told"), WRONG.values(), ids=WRONG)
def test_what_the_type_does_not_foresee_is_refused_with_a_reason(
    settle: Settle, settings: Any, steps: list[Any], told: str
) -> None:
    left = STEPS[1:] if steps[0] == NUMBERS else STEPS
    said = [acting("classic", step) for step in steps] + ([acting("classic")] if steps == [NUMBERS] else [])
    with model(settings, "classic", *said, *steps_by("classic", *left)) as server:
        operation = settle(add_up())

    assert operation.status == "completed", operation.error
    assert result(operation, "E4") == {"value": 12}
    assert any(told in prompt for prompt in prompts(server))


@pytest.mark.parametrize("failure", [Reply(status=401, error="no"), Reply(text="Hm."), Reply(refusal="No.")])
def test_a_model_that_fails_at_once_leaves_the_planning_to_the_rules(
    settle: Settle, settings: Any, failure: Reply
) -> None:
    with model(settings, "classic", failure):
        operation = settle(add_up())

    assert (operation.status, operation.plan_source) == ("completed", "rules")
    assert result(operation, "E4") == {"value": 12}
