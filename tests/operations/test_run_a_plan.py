"""A plan runs: in parallel, over lists, and with earlier results as arguments."""

import pytest

from operations.states import Status
from tests.operations.conftest import Settle, post, statuses, step

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def test_a_diamond_completes_with_the_results_of_its_steps(settle: Settle) -> None:
    operation = post(
        [
            step("E1", "numbers", arguments={"upto": 3}),
            step("E2", "double", arguments={"value": "#E1.numbers.0"}),
            step("E3", "double", arguments={"value": "#E1.numbers.2"}),
            step("E4", "total", arguments={"values": ["#E2", "#E3"]}),
        ]
    )

    settle(operation)

    assert operation.status == Status.COMPLETED, operation.error
    assert operation.steps.get(step_id="E4").result == {"value": 8}
    assert operation.result
    assert operation.result["steps_executed"] == 4
    assert operation.confidence_score == pytest.approx(0.98, abs=0.02)
    assert list(operation.events.values_list("kind", flat=True)) == [
        "planning",
        "executing",
        "validating",
        "completed",
    ]


def test_a_list_is_walked_in_branches_that_do_not_wait_for_each_other(settle: Settle) -> None:
    operation = post(
        [
            step("E1", "numbers", arguments={"upto": 3}),
            step("E2", "double", for_each="#E1.numbers", label="number #item", arguments={"value": "#item"}),
            step("E3", "double", for_each="#E2", arguments={"value": "#item.value"}),
            step("E4", "say", for_each="#E3", arguments={"text": "#E2.value became #item.value"}),
            step("E5", "total", arguments={"values": "#E3"}),
        ]
    )

    settle(operation)

    assert operation.status == Status.COMPLETED, operation.error
    said = operation.steps.filter(template="E4").values_list("result", flat=True)
    assert [result["text"] for result in said if result] == ["2 became 4", "4 became 8", "6 became 12"]
    assert operation.steps.get(step_id="E5").result == {"value": 24}
    assert operation.steps.get(step_id="E4[2]").label == "number 3"
    assert set(statuses(operation).values()) == {"completed"}


def test_an_empty_list_is_no_work(settle: Settle) -> None:
    operation = post(
        [
            step("E1", "numbers", arguments={"upto": 0}),
            step("E2", "double", for_each="#E1.numbers", arguments={"value": "#item"}),
            step("E3", "total", arguments={"values": "#E2"}),
        ]
    )

    settle(operation)

    assert operation.steps.get(step_id="E3").result == {"value": 0}


def test_what_evidence_says_is_never_read_as_a_reference(settle: Settle) -> None:
    operation = post(
        [
            step("E1", "say", arguments={"text": "##E2.text"}),
            step(
                "E2",
                "say",
                arguments={
                    "text": "secret",
                },
                depends_on=["E1"],
            ),
            step("E3", "say", arguments={"text": "it said: #E1.text"}),
        ]
    )

    settle(operation)

    assert operation.steps.get(step_id="E3").result == {"text": "it said: #E2.text"}


def test_a_reference_that_leads_nowhere_fails_its_step_with_what_there_is(settle: Settle) -> None:
    operation = post(
        [
            step("E1", "numbers", arguments={"upto": 1}),
            step("E2", "double", arguments={"value": "#E1.numbers.7"}),
        ]
    )

    settle(operation)

    assert operation.status == Status.ESCALATING
    assert operation.steps.get(step_id="E2").error == "#E1.numbers.7: there is no '7' in a list of 1"
