"""A plan is checked before anything runs, and every mistake is named."""

from typing import Any

import pytest

from operations.planning import plan
from tests.operations import plant
from tests.operations.conftest import step
from workers import registry
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def known_worker(db: None) -> None:
    registry.forget()
    RegisteredWorker.objects.create(name="plant", url="http://localhost:1", manifest=plant.worker.manifest())


NUMBERS = step("E1", "numbers")


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([], "steps: [] should be non-empty."),
        ([step("X1", "numbers")], "steps.0.id: 'X1' does not match '^E[1-9][0-9]{0,3}$'."),
        ([{"id": "E1", "worker": "plant"}], "steps.0: 'action' is a required property."),
        ([NUMBERS, NUMBERS], "The ids E1 are used more than once."),
        ([NUMBERS | {"worker": "plan"}], "E1: there is no worker 'plan' (did you mean 'plant'?)."),
        ([step("E1", "nubmers")], "E1: the worker 'plant' has no action 'nubmers' (did you mean 'numbers'?)."),
        ([step("E1", "double")], "E1: 'value' is a required property."),
        ([step("E1", "double", arguments={"value": "two"})], "E1: value: 'two' is not of type 'integer'."),
        (
            [step("E1", "double", arguments={"value": 2, "by": 3})],
            "E1: Additional properties are not allowed ('by' was unexpected).",
        ),
        (
            [step("E1", "double", arguments={"value": "#E2"})],
            "E1: #E2 refers to a step that is not in the plan.",
        ),
        (
            [NUMBERS, step("E2", "double", arguments={"value": "#E1.number"})],
            "E2: #E1.number: the result of E1 has no 'number'.",
        ),
        ([step("E1", "say", arguments={"text": "#item"})], "E1: #item means something only in a step with for_each."),
        ([NUMBERS | {"depends_on": ["E7"]}], "E1: depends_on names E7, which is not in the plan."),
        (
            [step("E1", "double", arguments={"value": "#E2.numbers.0"}), step("E2", "numbers", depends_on=["E1"])],
            "The steps E1, E2 wait for each other.",
        ),
        (
            [step("E1", "numbers", validation=[{"check": "is_nice"}])],
            "steps.0.validation.0.check: 'is_nice' is not one of "
            "['is_true', 'is_empty', 'present', 'equals', 'at_least', 'at_most'].",
        ),
    ],
)
def test_a_mistake_is_named(steps: list[Any], problem: str) -> None:
    with pytest.raises(plan.BadPlan) as error:
        plan.check({"steps": steps})

    assert error.value.problems == [problem]


def test_a_reference_may_stand_for_a_value_of_any_type() -> None:
    plan.check(
        {
            "steps": [
                NUMBERS,
                step("E2", "double", for_each="#E1.numbers", arguments={"value": "#item"}),
                step("E3", "total", arguments={"values": "#E2"}),
                step("E4", "total", arguments={"values": [{"value": "#E3.value"}, "#E2.0"]}),
            ]
        }
    )


@pytest.mark.parametrize("plan_like", [None, [], "steps", {"steps": None}, {"steps": [1]}])
def test_what_is_no_plan_at_all_is_told_apart(plan_like: Any) -> None:
    with pytest.raises(plan.BadPlan):
        plan.check(plan_like)
