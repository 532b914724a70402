"""What is done when the time to take a decision back is over."""

from typing import Any

import pytest
from django.db import DataError, connection
from django.test import Client

from escalations.deciding.applying import apply_due
from escalations.models import Escalation, Kind
from operations import acts, approval, signals
from operations.models import Operation, Superseded
from operations.states import Reason, Status, StepStatus
from tests.console.deciding import WINDOW, at_once, events, state, take, time_passes
from tests.console.test_decide import decide, make_failed, make_step, read
from tests.make import make_escalation, make_operation

pytestmark = pytest.mark.usefixtures("time_to_undo")


def test_nothing_moves_until_the_decision_can_no_more_be_taken_back(rita):
    escalation = make_failed()

    decide(rita, escalation, "retry", read(rita, escalation)[1])
    apply_due()

    decision: Any = escalation.decisions.get()
    assert state(escalation) == ("decided", "escalating")
    assert decision.applied_at is None
    assert decision.effective_at == decision.created_at + WINDOW
    assert events(escalation.operation)[-1] == "decided"

    time_passes()
    apply_due()

    assert state(escalation) == ("decided", "executing")
    assert escalation.decisions.get().applied_at is not None
    assert dict(escalation.operation.steps.values_list("step_id", "status"))["E2"] == "pending"


def test_the_sweeper_carries_out_what_is_due(rita):
    escalation = make_failed()
    take(escalation)
    time_passes()

    signals.round_made.send(Operation)

    assert state(escalation) == ("decided", "executing")


def test_where_nothing_is_due_the_sweeper_looks_once(db, django_assert_num_queries):
    take(make_failed())

    with django_assert_num_queries(1):
        apply_due()


def test_a_decision_on_what_was_cancelled_meanwhile_has_no_effect(rita):
    escalation = make_failed()
    take(escalation)

    acts.cancel(escalation.operation, actor="alice")

    assert state(escalation) == ("withdrawn", "cancelled")
    assert events(escalation.operation)[-1] == "no_effect"
    time_passes()
    apply_due()
    decision = escalation.decisions.get()
    assert (decision.applied_at, decision.undone_by) == (None, "")
    assert decision.undone_at is not None
    assert "It had no effect." in read_text(rita, escalation)
    assert rita.post(f"/console/escalations/{escalation.pk}/undo").status_code == 409
    assert state(escalation) == ("withdrawn", "cancelled")


def test_a_decision_on_what_failed_meanwhile_has_no_effect(db):
    escalation = make_failed()
    take(escalation)
    Operation.objects.filter(pk=escalation.operation_id).update(status=Status.FAILED)
    time_passes()

    apply_due()

    assert state(escalation) == ("withdrawn", "failed")
    assert events(escalation.operation)[-1] == "no_effect"


def test_the_effect_is_that_of_the_moment_when_it_is_carried_out(db):
    escalation = make_failed()
    decision = take(escalation)
    assert decision.effect == {"runs_again": ["E2", "E3"], "skips": [], "keeps": ["E1"]}
    make_step(escalation.operation, "E4", status=StepStatus.COMPLETED)
    time_passes()

    apply_due()

    decision.refresh_from_db()
    assert decision.effect["keeps"] == ["E1", "E4"]


def test_what_cannot_be_carried_out_is_asked_again_and_says_why(rita):
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    step = make_step(operation, "E1")
    digest = approval.plan_digest(operation, operation.steps.all())
    escalation = make_escalation(operation, reason=Reason.PLAN_APPROVAL, digest=digest)
    decision = take(escalation, Kind.APPROVE)
    step.arguments = {"other": 1}
    step.save()
    time_passes()

    apply_due()

    decision.refresh_from_db()
    assert state(escalation) == ("open", "escalating")
    assert decision.applied_at is None
    assert events(operation)[-1] == "not_done"
    assert "could not be done. The plan is not the one that was shown." in read_text(rita, escalation)


def read_text(browser: Client, escalation: Escalation) -> str:
    return " ".join(browser.get(f"/console/escalations/{escalation.pk}").content.decode().split())


@pytest.mark.parametrize("mistake", [ZeroDivisionError, DataError])
def test_a_mistake_of_concord_does_not_stop_the_others(db, monkeypatch, caplog, mistake):
    broken, sound = make_failed(), make_failed()
    take(broken)
    take(sound)
    monkeypatch.setattr("escalations.deciding.outcome.resume.run_again", failing_once(mistake))
    time_passes()

    apply_due()

    assert state(broken) == ("open", "escalating")
    assert state(sound) == ("decided", "executing")
    assert "could not be carried out" in caplog.text


def failing_once(mistake: type[Exception]) -> Any:
    from operations.resume import run_again

    calls: list[Any] = []

    def run(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            raise mistake
        run_again(*args)

    return run


@pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])
def test_two_sweepers_carry_out_a_decision_once():
    escalations = [make_failed() for _ in range(5)]
    for escalation in escalations:
        take(escalation)
    time_passes()

    at_once(apply_due, apply_due)
    apply_due()  # what one of them put off, because the other was at it

    for escalation in escalations:
        assert state(escalation) == ("decided", "executing")
        assert events(escalation.operation).count("executing") == 1
        assert escalation.operation.steps.get(step_id="E2").run == 2


@pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])
def test_of_two_reviewers_at_once_exactly_one_wins():
    escalation = make_failed()
    answers = [Escalation.objects.get(pk=escalation.pk) for _ in range(2)]

    conflicts = at_once(
        lambda: take(answers[0], who="rita", decision_id="of-rita"),
        lambda: take(answers[1], who="bob", decision_id="of-bob"),
    )

    assert len(conflicts) == 1
    winner = escalation.decisions.get().decided_by
    assert str(conflicts[0]).startswith((f"{winner} was quicker", "It has changed"))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time anyway")
@pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])
def test_cancelled_and_carried_out_at_once_never_wait_for_each_other():
    for _ in range(5):
        escalation = make_failed()
        take(escalation)
        time_passes()
        operation = Operation.objects.get(pk=escalation.operation_id)

        at_once(apply_due, lambda operation=operation: cancel_at_last(operation))

        assert state(escalation)[1] == "cancelled"


def cancel_at_last(operation: Operation) -> None:
    """As the page does: look again where somebody was quicker."""
    for _ in range(20):
        try:
            acts.cancel(Operation.objects.get(pk=operation.pk), actor="alice")
        except Superseded:
            continue
        return


def test_the_claim_is_kept_with_the_decision(rita):
    escalation = make_failed()
    rita.post(f"/console/escalations/{escalation.pk}/claim")
    escalation.refresh_from_db()

    decide(rita, escalation, "retry", read(rita, escalation)[1])

    assert escalation.decisions.get().claimed_at == escalation.claimed_at is not None
