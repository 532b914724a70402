"""Taking a decision back while nothing has come of it, and what is done when the time is over."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from escalations.deciding.applying import apply_due
from escalations.deciding.decisions import Answer
from escalations.deciding.decisions import decide as decide_in_code
from escalations.deciding.undo import undo
from escalations.models import Conflict, Decision, DecisionError, Escalation, Kind
from operations import acts, approval, signals
from operations.models import Operation, Superseded
from operations.states import Reason, Status, StepStatus
from tests.console.test_decide import decide, hidden, make_failed, make_step, read
from tests.make import make_escalation, make_operation, make_person

WINDOW = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def time_to_undo(settings: Any) -> None:
    settings.UNDO_SECONDS = 5


def take(escalation: Escalation, kind: Kind = Kind.RETRY, who: str = "rita", **fields: Any) -> Decision:
    """Decide as the console does."""
    given: dict[str, Any] = {"window": WINDOW, "decision_id": f"of-{escalation.pk}-{escalation.revision}"} | fields
    return decide_in_code(escalation, Answer(kind, "because"), who=who, revision=escalation.revision, **given)


def time_passes() -> None:
    """The time to take anything back is over."""
    Decision.objects.pending().update(effective_at=timezone.now() - timedelta(seconds=1))


def events(operation: Operation) -> list[str]:
    return list(operation.events.values_list("kind", flat=True))


def state(escalation: Escalation) -> tuple[str, str]:
    escalation.refresh_from_db()
    return escalation.status, Operation.objects.get(pk=escalation.operation_id).status


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


def test_the_next_page_offers_to_take_the_decision_back(rita, bob):
    escalation = make_failed()

    decide(rita, escalation, "retry", read(rita, escalation)[1])

    page = rita.get("/console/escalations").content.decode()
    assert f"Runs again: {escalation.operation_id}." in page
    assert 'data-key="z"' in page
    assert "data-undo" not in bob.get("/console/escalations").content.decode()

    time_passes()
    assert "data-undo" not in rita.get("/console/escalations").content.decode()


def test_what_is_taken_back_is_open_again_and_in_the_hands_of_who_decided(rita):
    escalation = make_failed()
    decide(rita, escalation, "retry", read(rita, escalation)[1])

    response = rita.post(f"/console/escalations/{escalation.pk}/undo", {"view": "order=oldest"})

    assert response["Location"] == f"/console/escalations/{escalation.pk}?view=order%3Doldest"
    assert state(escalation) == ("open", "escalating")
    assert (escalation.holder(), escalation.revision, escalation.decided_at) == ("rita", 3, None)
    decision = escalation.decisions.get()
    assert (decision.undone_by, decision.applied_at) == ("rita", None)
    assert events(escalation.operation)[-2:] == ["decided", "taken_back"]

    time_passes()
    apply_due()
    assert state(escalation) == ("open", "escalating")

    decide(rita, escalation, "approve", read(rita, escalation)[1])
    assert state(escalation)[0] == "decided"


def test_too_late_is_said_and_changes_nothing(rita):
    escalation = make_failed()
    decide(rita, escalation, "retry", read(rita, escalation)[1])
    time_passes()
    apply_due()

    response = rita.post(f"/console/escalations/{escalation.pk}/undo")

    assert response.status_code == 409
    assert "Too late to take it back" in response.content.decode()
    assert state(escalation) == ("decided", "executing")


def test_taken_back_twice_is_taken_back_once(rita):
    escalation = make_failed()
    decision = take(escalation)

    undo(decision, who="rita")

    with pytest.raises(Conflict, match="rita has taken it back already"):
        undo(decision, who="rita")
    assert events(escalation.operation).count("taken_back") == 1


def test_only_who_decided_or_an_administrator_takes_it_back(rita, bob):
    escalation = make_failed()
    decision = take(escalation)

    refused = bob.post(f"/console/escalations/{escalation.pk}/undo")
    assert refused.status_code == 409
    assert "Only rita, who decided, can take this back." in refused.content.decode()
    with pytest.raises(DecisionError):
        undo(decision, who="bob")

    admin = Client()
    admin.force_login(make_person("ada", is_superuser=True, is_staff=True))
    assert admin.post(f"/console/escalations/{escalation.pk}/undo").status_code == 302
    assert state(escalation)[0] == "open"
    assert escalation.holder() == "rita"


def test_where_nothing_was_decided_there_is_nothing_to_take_back(rita):
    response = rita.post(f"/console/escalations/{make_failed().pk}/undo")

    assert response.status_code == 409
    assert "Nothing was decided here yet." in response.content.decode()


def test_without_a_window_it_takes_effect_at_once_and_stays(rita, settings):
    settings.UNDO_SECONDS = 0
    escalation = make_failed()

    decide(rita, escalation, "retry", read(rita, escalation)[1])

    assert state(escalation) == ("decided", "executing")
    assert escalation.decisions.get().applied_at is not None
    assert rita.post(f"/console/escalations/{escalation.pk}/undo").status_code == 409


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


def test_a_mistake_of_concord_does_not_stop_the_others(db, monkeypatch, caplog):
    broken, sound = make_failed(), make_failed()
    take(broken)
    take(sound)
    monkeypatch.setattr("escalations.deciding.outcome.resume.run_again", failing_once())
    time_passes()

    apply_due()

    assert state(broken) == ("open", "escalating")
    assert state(sound) == ("decided", "executing")
    assert "could not be carried out" in caplog.text


def failing_once() -> Any:
    from operations.resume import run_again

    calls: list[Any] = []

    def run(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            raise ZeroDivisionError
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
def test_taken_back_and_carried_out_at_once_is_one_of_the_two():
    for _ in range(5):
        escalation = make_failed()
        decision = take(escalation)
        time_passes()

        refused = at_once(lambda decision=decision: undo(decision, who="rita"), apply_due)
        apply_due()

        assert state(escalation) == (("decided", "executing") if refused else ("open", "escalating"))


def at_once(*acts: Any) -> list[Conflict]:
    """Do all of them at the same moment; returns the conflicts."""
    start, conflicts = Barrier(len(acts)), []

    def run(act: Any) -> None:
        start.wait()
        try:
            act()
        except Conflict as conflict:
            conflicts.append(conflict)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return conflicts


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


def read_text(browser: Client, escalation: Escalation) -> str:
    return " ".join(browser.get(f"/console/escalations/{escalation.pk}").content.decode().split())


def test_a_double_click_on_the_decision_can_be_taken_back_once(rita):
    escalation = make_failed()
    page, form = read(rita, escalation)
    assert hidden(page) == form

    for _ in range(2):
        decide(rita, escalation, "retry", form)

    assert rita.post(f"/console/escalations/{escalation.pk}/undo").status_code == 302
    assert state(escalation)[0] == "open"
