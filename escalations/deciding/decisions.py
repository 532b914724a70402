"""Deciding: the first answer wins. It takes effect at once, or once it can no more be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from escalations.deciding import claims, two_people
from escalations.deciding.outcome import carry_out, check_plan
from escalations.models import Approval, Conflict, Decision, DecisionError, Escalation, Kind
from operations import live, resume
from operations.audit.recording import record
from operations.models import Operation, Step, Superseded
from operations.planning import edited
from operations.states import Reason, StepStatus
from workers import tracing

TRIES = 10


@dataclass
class Answer:
    """What a person answered: a decision, why, new arguments by step (edit), the steps concerned (none: all)."""

    decision: Kind
    reason: str = ""
    edits: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: Sequence[str] = ()


def decide(
    escalation: Escalation,
    answer: Answer,
    *,
    who: str,
    revision: int,
    decision_id: str,
    take_over: bool = False,
    window: timedelta = timedelta(0),
    batch: str = "",
) -> Decision | Approval:
    """Take the decision, or say who was quicker. Of two approvals that are needed the first is only kept.

    Whether ``who`` may decide so is asked before: see `escalations.deciding.allowed`.

    For the ``window`` it can be taken back, and the operation does not move; without one it moves at once. ``batch``
    is alike for what was decided as one group. The same ``decision_id`` again is answered as the first time. Raises
    `Conflict` if the escalation is decided, has changed since ``revision``, or is in another's hands (unless
    ``take_over``), and `DecisionError` if the answer does not fit the question.
    """
    if earlier := _earlier(decision_id):
        return _repeated(earlier, escalation, answer)
    made = {"decided_by": who, "decision_id": decision_id, "batch": batch}
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return _decide(escalation, answer, made, revision, take_over, window)
        except IntegrityError:  # the same decision came twice at once, and the other was first
            if earlier := _earlier(decision_id):
                return _repeated(earlier, escalation, answer)
            raise
        except Superseded:  # a queue worker changed the operation in between: look again
            escalation.refresh_from_db()
    raise Conflict("The operation is changing too quickly. Try again in a moment.")


def _earlier(decision_id: str) -> Decision | Approval | None:
    """What was answered to the same decision before."""
    decided = Decision.objects.filter(decision_id=decision_id).first()
    return decided or Approval.objects.filter(decision_id=decision_id).first()


def _repeated(earlier: Decision | Approval, escalation: Escalation, answer: Answer) -> Decision | Approval:
    if earlier.escalation_id != escalation.pk or earlier.decision != answer.decision:
        raise DecisionError("This decision id was used for another decision.", field="decision_id")
    return earlier


def _decide(
    escalation: Escalation, answer: Answer, made: dict[str, str], revision: int, take_over: bool, window: timedelta
) -> Decision | Approval:
    who = made["decided_by"]
    _check_free(escalation, who, revision, take_over)
    _check_offered(escalation, answer)
    operation = Operation.objects.get(pk=escalation.operation_id)
    chosen = _chosen(escalation, answer)
    _check_edits(operation, answer)
    check_plan(answer.decision, operation, escalation)
    if two_people.is_first(escalation, answer.decision, chosen, who):
        kept = {"decision_id": made["decision_id"], "digest": escalation.digest, "reason": answer.reason}
        first = Approval(escalation=escalation, approved_by=who, steps=chosen, **kept)
        return two_people.keep(first, operation, revision)

    now = timezone.now()
    row = Escalation.objects.open().filter(pk=escalation.pk, revision=revision)
    free = row if take_over else row.free_for(who)
    if not free.update(status=Escalation.Status.DECIDED, decided_at=now, claimed_until=None, revision=revision + 1):
        raise Conflict(_overtaken(escalation))
    claims.tell_former(escalation, who, answer.reason)
    decision = Decision.objects.create(
        **made,
        escalation=escalation,
        decision=answer.decision,
        reason=answer.reason,
        edits=answer.edits,
        steps=chosen,
        digest=escalation.digest,
        effect=effect(escalation, answer),
        claimed_at=escalation.claimed_at if escalation.claimed_by == who else None,
        created_at=now,
        effective_at=now + window if window else None,
        applied_at=None if window else now,
    )
    _record(decision, operation, revision, window)
    told = {"concord.operation.id": operation.pk, "concord.decision": decision.decision}
    with tracing.span("decide", told, parent=operation.traceparent, link=True):
        if window:
            _hold_back(decision, operation, window)
        else:
            carry_out(decision, operation)
    live.announce_escalations()
    return decision


def _record(decision: Decision, operation: Operation, revision: int, window: timedelta) -> None:
    """Into the audit trail: which arguments an edit changed, but not to what; that may be personal."""
    edited = {step: sorted(arguments) for step, arguments in decision.edits.items()}
    record(
        "escalation.decide",
        decision.escalation,
        before={"status": Escalation.Status.OPEN.value, "revision": revision},
        after={
            "status": Escalation.Status.DECIDED.value,
            "decision": str(decision.decision),
            "steps": list(decision.steps),
            **({"arguments": edited} if edited else {}),
            **({"batch": decision.batch} if decision.batch else {}),
            **({"undo_seconds": window.total_seconds()} if window else {}),
        },
        operation=operation.pk,
        reason=decision.reason,
    )


def _hold_back(decision: Decision, operation: Operation, window: timedelta) -> None:
    """Write down what was decided; `escalations.deciding.applying` carries it out when the window is over."""
    words = f": {decision.reason}" if decision.reason else ""
    kind = decision.get_decision_display().lower()
    message = f"{decision.decided_by} decided: {kind}, from {window.total_seconds():g} seconds later on{words}"
    operation.record("decided", message, actor=decision.decided_by)
    live.announce(operation)


def _check_offered(escalation: Escalation, answer: Answer) -> None:
    if answer.decision not in escalation.offered:
        offered = ", ".join(escalation.offered)
        message = f"{answer.decision.value!r} is not offered here; choose one of {offered}."
        raise DecisionError(message, field="decision")
    if answer.decision == Kind.REPLAN and not answer.reason.strip():
        raise DecisionError("Say what the new plan should do otherwise: the planner goes by it.", field="reason")


def _check_free(escalation: Escalation, who: str, revision: int, take_over: bool) -> None:
    if escalation.status != Escalation.Status.OPEN:
        raise Conflict(_who_was_quicker(escalation))
    if escalation.revision != revision:
        raise Conflict(f"It has changed since you read it (revision {escalation.revision}, not {revision}).")
    if escalation.holder() not in ("", who) and not take_over:
        raise Conflict(_who_is_at_it(escalation))


def _who_is_at_it(escalation: Escalation) -> str:
    return f"{escalation.claimed_by} is at it until {escalation.claimed_until:%H:%M} UTC."


def _overtaken(escalation: Escalation) -> str:
    """Why it is no more what it was a moment ago."""
    now = Escalation.objects.get(pk=escalation.pk)
    if now.status != Escalation.Status.OPEN:
        return _who_was_quicker(now)
    return _who_is_at_it(now) if now.holder() else "It has changed since you read it."


def _who_was_quicker(escalation: Escalation) -> str:
    decision = escalation.decisions.last()
    if decision is None:
        return "The operation has ended or gone on without an answer."
    return f"{decision.decided_by} was quicker: {decision.get_decision_display().lower()}."


def _chosen(escalation: Escalation, answer: Answer) -> list[str]:
    """The steps that the answer is about: those it names, those it edits, or all that the question is about."""
    known = set(escalation.operation.steps.values_list("step_id", flat=True))
    named = [*answer.steps, *answer.edits]
    if unknown := [step for step in named if step not in known]:
        raise DecisionError(f"There is no step {unknown[0]!r}.", field="steps")
    if answer.decision == Kind.EDIT and not answer.edits:
        raise DecisionError("Say what to change: {step: {argument: value}}.", field="edits")
    return list(dict.fromkeys(named)) or list(escalation.steps)


def _check_edits(operation: Operation, answer: Answer) -> None:
    if not answer.edits:
        return
    if wrong := edited.misfits(operation.steps.defer("result", "progress"), answer.edits):
        raise DecisionError(str(wrong[0]), field=f"edits.{wrong[0].step}")


def effect(escalation: Escalation, answer: Answer) -> dict[str, Any]:
    """What the answer would do, by step ids: ``runs_again``, ``skips``, ``keeps``.

    Of an edit also the arguments ``before`` it, by step id.
    """
    operation = escalation.operation
    steps = list(operation.steps.all())
    again = {step.step_id for step in _again(escalation, answer)}
    skips = {step.step_id for step in _skipped(escalation, answer)}
    keeps = [step.step_id for step in steps if step.status == StepStatus.COMPLETED and step.step_id not in again]
    effects = {"runs_again": sorted(again), "skips": sorted(skips), "keeps": keeps}
    before = {step.step_id: step.arguments for step in steps if step.step_id in answer.edits}
    return effects | ({"before": before} if before else {})


def _again(escalation: Escalation, answer: Answer) -> list[Step]:
    if answer.decision not in (Kind.RETRY, Kind.EDIT):
        return []
    return resume.concerned(escalation.operation, _chosen(escalation, answer))


def _skipped(escalation: Escalation, answer: Answer) -> list[Step]:
    if answer.decision != Kind.APPROVE or escalation.reason != Reason.STEP_FAILED:
        return []
    return resume.without(escalation.operation, _chosen(escalation, answer))
