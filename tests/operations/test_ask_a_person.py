"""What Concord is not sure of waits for a person, and goes on as he decides."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from escalations.deciding.decisions import Answer, decide, effect
from escalations.models import Conflict, DecisionError, Escalation, Kind
from operations.models import Operation
from operations.states import Status
from tests.operations import plant
from tests.operations.conftest import Settle, post, statuses, step

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def question(operation: Operation) -> Escalation:
    return operation.escalations.open().get()


def answer(operation: Operation, decision: Kind, **fields: Any) -> None:
    asked = question(operation)
    decide(asked, Answer(decision, **fields), who="rita", revision=asked.revision, decision_id=f"d-{asked.pk}")


def failing(unless: str = "") -> Operation:
    return post(
        [
            step("E1", "numbers"),
            step("E2", "refuse", arguments={"unless": unless}),
            step("E3", "double", arguments={"value": "#E2.value"}),
            step("E4", "double", arguments={"value": "#E1.numbers.0"}),
        ]
    )


def test_a_failed_step_asks_while_the_other_branches_go_on(settle: Settle) -> None:
    operation = settle(failing())

    assert operation.status == Status.ESCALATING
    assert statuses(operation) == {"E1": "completed", "E2": "failed", "E3": "pending", "E4": "completed"}
    asked = question(operation)
    assert asked.reason == "step_failed"
    assert "NAL16P202501.csv has two columns too many" in asked.message
    assert asked.steps == ["E2"]


def test_retry_runs_only_the_step_and_what_needs_it(settle: Settle, tmp_path: Path) -> None:
    operation = settle(failing(unless=str(tmp_path / "mended")))
    before = operation.steps.get(step_id="E4").finished_at
    (tmp_path / "mended").touch()
    assert effect(question(operation), Answer(Kind.RETRY)) == {
        "runs_again": ["E2", "E3"],
        "skips": [],
        "keeps": ["E1", "E4"],
    }

    answer(operation, Kind.RETRY)
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert operation.steps.get(step_id="E3").result == {"value": 2}
    assert operation.steps.get(step_id="E2").run == 2
    assert operation.steps.get(step_id="E4").finished_at == before


def test_an_edit_is_checked_against_the_action_before_anything_resumes(settle: Settle, tmp_path: Path) -> None:
    operation = settle(failing())

    with pytest.raises(DecisionError, match=r"E2: unless: It must be a text"):
        answer(operation, Kind.EDIT, edits={"E2": {"unless": 5}})

    assert question(operation).revision == 1


def test_an_edit_runs_with_the_new_arguments(settle: Settle, tmp_path: Path) -> None:
    operation = settle(failing())
    (tmp_path / "there").touch()

    answer(operation, Kind.EDIT, edits={"E2": {"unless": str(tmp_path / "there")}})
    settle(operation)

    assert operation.status == Status.COMPLETED


def test_approving_a_failed_step_goes_on_without_it(settle: Settle) -> None:
    operation = settle(failing())

    answer(operation, Kind.APPROVE)
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert statuses(operation) == {"E1": "completed", "E2": "skipped", "E3": "skipped", "E4": "completed"}


def two_failing(first: Path) -> Operation:
    """Two branches that fail, the first of them until ``first`` is there."""
    return post(
        [
            step("E1", "refuse", arguments={"unless": str(first)}),
            step("E2", "refuse"),
            step("E3", "double", arguments={"value": "#E2.value"}),
        ]
    )


@pytest.mark.parametrize(
    ("decision", "fields", "became"),
    [
        (Kind.RETRY, {}, "completed"),
        (Kind.EDIT, {"edits": {"E1": {"unless": "/"}}}, "completed"),
        (Kind.APPROVE, {}, "skipped"),
    ],
)
def test_who_decides_about_one_of_several_steps_is_asked_about_the_others_again(
    settle: Settle, tmp_path: Path, decision: Kind, fields: Any, became: str
) -> None:
    operation = settle(two_failing(tmp_path / "mended"))
    assert sorted(question(operation).steps) == ["E1", "E2"]
    (tmp_path / "mended").touch()

    answer(operation, decision, steps=["E1"], **fields)
    settle(operation)

    assert operation.status == Status.ESCALATING
    assert statuses(operation) == {"E1": became, "E2": "failed", "E3": "pending"}
    left = question(operation)
    assert (left.reason, left.steps, [finding["step"] for finding in left.findings]) == ("step_failed", ["E2"], ["E2"])
    answer(operation, Kind.APPROVE)
    settle(operation)
    assert statuses(operation) == {"E1": became, "E2": "skipped", "E3": "skipped"}


def test_rejecting_ends_the_operation(settle: Settle) -> None:
    operation = settle(failing())

    answer(operation, Kind.REJECT, reason="wrong file")
    settle(operation)

    assert operation.status == Status.REJECTED
    assert operation.events.filter(message="Rejected by rita: wrong file").exists()
    assert statuses(operation)["E3"] == "cancelled"


def test_the_first_decision_wins_and_the_second_hears_whose_it_was(settle: Settle) -> None:
    operation = settle(failing())
    seen = question(operation)
    answer(operation, Kind.REJECT)

    with pytest.raises(Conflict, match="rita was quicker: reject"):
        decide(seen, Answer(Kind.APPROVE), who="bob", revision=seen.revision, decision_id="another")

    operation.refresh_from_db()
    assert operation.status == Status.REJECTED


def test_the_same_decision_sent_twice_is_one_decision(settle: Settle) -> None:
    operation = settle(failing())
    seen = question(operation)

    first = decide(seen, Answer(Kind.REJECT), who="rita", revision=seen.revision, decision_id="same")
    second = decide(seen, Answer(Kind.REJECT), who="rita", revision=seen.revision, decision_id="same")

    assert first == second
    assert operation.events.filter(kind="rejected").count() == 1


def test_data_that_break_a_rule_hold_up_their_own_branch_only(settle: Settle) -> None:
    gate = [{"check": "is_true", "path": "ok", "gate": True, "words": "the value is within the limit"}]
    operation = post(
        [
            step("E1", "numbers", arguments={"upto": 6}),
            step("E2", "judge", for_each="#E1.numbers", arguments={"value": "#item"}, validation=gate),
            step("E3", "double", for_each="#E2", arguments={"value": "#item.value"}),
        ]
    )

    settle(operation)

    assert operation.status == Status.ESCALATING
    assert sorted(question(operation).steps) == ["E2[4]", "E2[5]"]
    assert operation.steps.filter(template="E3", status="completed").count() == 4

    answer(operation, Kind.APPROVE, steps=["E2[4]"])
    settle(operation)
    assert operation.steps.get(step_id="E3[4]").result == {"value": 10}
    assert question(operation).steps == ["E2[5]"]

    answer(operation, Kind.APPROVE)
    settle(operation)

    assert operation.status == Status.COMPLETED, operation.confidence
    assert operation.steps.get(step_id="E3[5]").result == {"value": 12}
    assert operation.steps.get(step_id="E2[5]").accepted_by == "rita"


def test_a_broken_rule_at_the_end_asks_and_can_be_accepted(settle: Settle) -> None:
    rule = {"check": "at_most", "path": "value", "value": 4, "words": "the value is small"}
    operation = settle(post([step("E1", "judge", arguments={"value": 9}, validation=[rule])]))
    assert operation.status == Status.ESCALATING
    assert question(operation).reason == "rule_failed"
    assert operation.result
    assert operation.result["results"]["E1"] == {"ok": False, "value": 9}

    answer(operation, Kind.APPROVE)

    operation.refresh_from_db()
    assert operation.status == Status.COMPLETED


def test_low_confidence_asks_and_says_why(settle: Settle, settings: Settings) -> None:
    settings.CONFIDENCE_THRESHOLD = 0.9
    operation = settle(post([step("E1", "unsure")]))

    assert operation.status == Status.ESCALATING
    asked = question(operation)
    assert asked.reason == "low_confidence"
    assert asked.findings[0] == {"rule": "workers", "message": "the least sure worker says 0%"}
    assert operation.token_usage == 120


def test_a_destructive_action_waits_for_approval_of_exactly_that_call(settle: Settle, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    operation = settle(post([step("E1", "wipe", arguments={"journal": journal, "table": "old"})]))
    assert operation.status == Status.ESCALATING
    assert question(operation).reason == "approval_needed"
    assert plant.read(journal) == []

    answer(operation, Kind.APPROVE)
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert plant.read(journal) == ["old"]


def test_an_approval_of_something_else_than_what_would_run_asks_again(settle: Settle, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    operation = settle(post([step("E1", "wipe", arguments={"journal": journal, "table": "old"})]))
    operation.steps.update(arguments={"journal": journal, "table": "everything"})

    answer(operation, Kind.APPROVE)
    settle(operation)

    assert operation.status == Status.ESCALATING
    assert question(operation).findings[0]["arguments"]["table"] == "everything"
    assert plant.read(journal) == []


def test_where_nobody_is_to_be_asked_the_operation_fails(settle: Settle, settings: Settings) -> None:
    settings.ESCALATION_ENABLED = False
    operation = settle(failing())

    assert operation.status == Status.FAILED
    assert "two columns too many" in operation.error
    assert not Escalation.objects.exists()
