"""Where a type's setting asks for it, a person sees each plan before anything of it runs."""

from pathlib import Path

import pytest
from pytest_django import Settings

from escalations.deciding.decisions import Answer, decide
from escalations.models import Conflict, Escalation, Kind
from operations import acts
from operations.models import Operation, TypeSetting
from operations.states import Reason, Status
from tests.operations import plant
from tests.operations.conftest import Settle, post, statuses, step
from tests.operations.scripts import Script, goal, script

__all__ = ["script"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


@pytest.fixture
def shown(settle: Settle, tmp_path: Path) -> Operation:
    """An operation whose plan waits to be seen."""
    TypeSetting.objects.create(operation_type="custom", show_plan=True)
    journal = str(tmp_path / "journal")
    return settle(post([step("E1", "numbers"), step("E2", "count", arguments={"journal": journal})]))


def answer(operation: Operation, decision: Kind, **fields: object) -> None:
    asked = operation.escalations.open().get()
    given = Answer(decision, **fields)  # type: ignore[arg-type]
    decide(asked, given, who="rita", revision=asked.revision, decision_id=f"d-{asked.pk}")


def test_the_plan_waits_for_a_person_and_nothing_of_it_runs(shown: Operation, tmp_path: Path) -> None:
    assert shown.status == Status.ESCALATING
    asked = shown.escalations.open().get()
    assert asked.reason == Reason.PLAN_APPROVAL
    assert [finding["rule"] for finding in asked.findings] == ["plant.numbers", "plant.count"]
    assert str(tmp_path) in asked.findings[1]["message"]
    assert statuses(shown) == {"E1": "pending", "E2": "pending"}
    assert plant.read(str(tmp_path / "journal")) == []


def test_an_approved_plan_runs_as_it_was_shown(shown: Operation, settle: Settle, tmp_path: Path) -> None:
    answer(shown, Kind.APPROVE)
    settle(shown)

    assert shown.status == Status.COMPLETED
    assert plant.read(str(tmp_path / "journal")) == ["start", "end"]


def test_a_rejected_plan_never_runs(shown: Operation, settle: Settle, tmp_path: Path) -> None:
    answer(shown, Kind.REJECT, reason="not today")
    settle(shown)

    assert shown.status == Status.REJECTED
    assert plant.read(str(tmp_path / "journal")) == []
    assert set(statuses(shown).values()) == {"cancelled"}


def test_an_approval_is_of_the_plan_that_was_shown_and_of_no_other(shown: Operation, tmp_path: Path) -> None:
    shown.steps.filter(step_id="E2").update(arguments={"journal": str(tmp_path / "elsewhere")})

    with pytest.raises(Conflict, match="not the one that was shown"):
        answer(shown, Kind.APPROVE)

    shown.refresh_from_db()
    assert shown.status == Status.ESCALATING
    assert shown.escalations.open().exists()


def test_a_step_of_the_plan_can_be_changed_before_it_runs(shown: Operation, settle: Settle, tmp_path: Path) -> None:
    answer(shown, Kind.EDIT, edits={"E2": {"journal": str(tmp_path / "other")}})
    settle(shown)

    assert shown.status == Status.COMPLETED
    assert plant.read(str(tmp_path / "journal")) == []
    assert plant.read(str(tmp_path / "other")) == ["start", "end"]


def test_cancelling_and_retrying_is_no_way_around_the_person(shown: Operation, settle: Settle, tmp_path: Path) -> None:
    acts.cancel(shown, actor="eve")
    acts.retry(shown, actor="eve")
    settle(shown)

    assert shown.status == Status.ESCALATING
    assert shown.escalations.open().get().reason == Reason.PLAN_APPROVAL
    assert plant.read(str(tmp_path / "journal")) == []


def test_where_nobody_is_to_be_asked_a_plan_that_is_to_be_shown_fails(settle: Settle, settings: Settings) -> None:
    settings.ESCALATION_ENABLED = False
    TypeSetting.objects.create(operation_type="custom", show_plan=True)

    operation = settle(post([step("E1", "numbers")]))

    assert operation.status == Status.FAILED
    assert "to be seen before it runs" in operation.error
    assert not Escalation.objects.exists()
    acts.retry(operation, actor="eve")
    assert settle(operation).status == Status.FAILED


def test_what_a_person_approved_is_not_replaced_by_a_plan_that_nobody_saw(settle: Settle, script: Script) -> None:
    TypeSetting.objects.create(operation_type="custom", show_plan=True)
    model = script(["E1=refuse()"], ["E2=numbers()"])
    operation = settle(goal("Refuse the numbers."))
    answer(operation, Kind.APPROVE)

    settle(operation)

    assert operation.status == Status.ESCALATING
    assert operation.escalations.open().get().reason == Reason.STEP_FAILED
    assert len(model.calls) == 1
