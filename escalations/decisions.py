"""Deciding: the first answer wins, and the operation and its steps change with it in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from escalations.models import Conflict, Decision, DecisionError, Escalation, Kind
from operations import approval, jobs, live, resume, signals
from operations.models import Operation, Step, Superseded
from operations.planning import arguments as planned_arguments
from operations.planning import cache
from operations.states import MOVING, Reason, Status, StepStatus

TRIES = 10


@dataclass
class Answer:
    """What a person answered: a decision, why, new arguments by step (edit), the steps concerned (none: all)."""

    decision: Kind
    reason: str = ""
    edits: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: Sequence[str] = ()


def decide(
    escalation: Escalation, answer: Answer, *, who: str, revision: int, decision_id: str, take_over: bool = False
) -> Decision:
    """Take the decision, or say who was quicker.

    The same ``decision_id`` again is answered as the first time. Raises `Conflict` if the escalation is decided,
    has changed since ``revision``, or is in another's hands (unless ``take_over``), and `DecisionError` if the
    answer does not fit the question.
    """
    if earlier := Decision.objects.filter(decision_id=decision_id).first():
        return _repeated(earlier, escalation, answer)
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return _decide(escalation, answer, who, revision, decision_id, take_over)
        except IntegrityError:  # the same decision came twice at once, and the other was first
            return _repeated(Decision.objects.get(decision_id=decision_id), escalation, answer)
        except Superseded:  # a queue worker changed the operation in between: look again
            escalation.refresh_from_db()
    raise Conflict("The operation is changing too quickly. Try again in a moment.")


def _repeated(earlier: Decision, escalation: Escalation, answer: Answer) -> Decision:
    if earlier.escalation_id != escalation.pk or earlier.decision != answer.decision:
        raise DecisionError("This decision id was used for another decision.", field="decision_id")
    return earlier


def _decide(
    escalation: Escalation, answer: Answer, who: str, revision: int, decision_id: str, take_over: bool
) -> Decision:
    _check_free(escalation, who, revision, take_over)
    if answer.decision not in escalation.offered:
        offered = ", ".join(escalation.offered)
        message = f"{answer.decision.value!r} is not offered here; choose one of {offered}."
        raise DecisionError(message, field="decision")
    if answer.decision == Kind.REPLAN and not answer.reason.strip():
        raise DecisionError("Say what the new plan should do otherwise: the planner goes by it.", field="reason")
    operation = Operation.objects.get(pk=escalation.operation_id)
    chosen = _chosen(escalation, answer)
    _check_edits(operation, answer)

    row = Escalation.objects.filter(pk=escalation.pk, status=Escalation.Status.OPEN, revision=revision)
    if not row.update(
        status=Escalation.Status.DECIDED, decided_at=timezone.now(), claimed_until=None, revision=revision + 1
    ):
        raise Conflict(_who_was_quicker(escalation))
    decision = Decision.objects.create(
        escalation=escalation,
        decision_id=decision_id,
        decision=answer.decision,
        reason=answer.reason,
        edits=answer.edits,
        steps=chosen,
        decided_by=who,
        digest=escalation.digest,
        effect=effect(escalation, answer),
    )
    _apply(operation, escalation, answer, chosen, who)
    live.announce_escalations()
    return decision


def _check_free(escalation: Escalation, who: str, revision: int, take_over: bool) -> None:
    if escalation.status != Escalation.Status.OPEN:
        raise Conflict(_who_was_quicker(escalation))
    if escalation.revision != revision:
        raise Conflict(f"It has changed since you read it (revision {escalation.revision}, not {revision}).")
    if (holder := escalation.holder()) not in ("", who) and not take_over:
        raise Conflict(f"{holder} is at it until {escalation.claimed_until:%H:%M} UTC.")


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
    for step_id, arguments in answer.edits.items():
        step = operation.steps.get(step_id=step_id)
        if problems := planned_arguments.problems(step.worker, step.action, arguments):
            raise DecisionError(f"{step_id}: {problems[0]}", field=f"edits.{step_id}")


def effect(escalation: Escalation, answer: Answer) -> dict[str, list[str]]:
    """What the answer would do, by step ids: ``runs_again``, ``skips``, ``keeps``."""
    operation = escalation.operation
    steps = list(operation.steps.all())
    again = {step.step_id for step in _again(escalation, answer)}
    skips = {step.step_id for step in _skipped(escalation, answer)}
    keeps = [step.step_id for step in steps if step.status == StepStatus.COMPLETED and step.step_id not in again]
    return {"runs_again": sorted(again), "skips": sorted(skips), "keeps": keeps}


def _again(escalation: Escalation, answer: Answer) -> list[Step]:
    if answer.decision not in (Kind.RETRY, Kind.EDIT):
        return []
    return resume.concerned(escalation.operation, _chosen(escalation, answer))


def _skipped(escalation: Escalation, answer: Answer) -> list[Step]:
    if answer.decision != Kind.APPROVE or escalation.reason != Reason.STEP_FAILED:
        return []
    return resume.without(escalation.operation, _chosen(escalation, answer))


def _apply(operation: Operation, escalation: Escalation, answer: Answer, chosen: list[str], who: str) -> None:
    words = f": {answer.reason}" if answer.reason else ""
    match answer.decision, escalation.reason:
        case Kind.REJECT, _:
            _reject(operation, f"Rejected by {who}{words}", who)
        case Kind.REPLAN, _:
            _replan(operation, escalation, answer.reason, who)
        case _, Reason.PLAN_APPROVAL:
            _let_plan_run(operation, escalation, answer, chosen, who)
        case Kind.APPROVE, _:
            _approve(operation, escalation, chosen, who, words)
        case Kind.RETRY, Reason.BUDGET_SPENT:
            _go_on(operation, f"{who} gives it its token budgets once more{words}", who, renew_budgets=True)
            resume.run_again(operation, resume.concerned(operation, chosen))
        case _:
            _go_on(operation, f"{who} lets {', '.join(chosen) or 'it'} run again{words}", who)
            resume.run_again(operation, resume.concerned(operation, chosen), answer.edits)


def _approve(operation: Operation, escalation: Escalation, chosen: list[str], who: str, words: str) -> None:
    """Go on without what failed, with what waited, or accept the result."""
    match escalation.reason:
        case Reason.STEP_FAILED:
            _go_on(operation, f"{who} goes on without {', '.join(chosen)}{words}", who)
            resume.skip(operation, chosen, f"Skipped by {who}")
        case Reason.APPROVAL_NEEDED:
            _go_on(operation, f"{who} approved {', '.join(chosen)}{words}", who)
            digests = {finding["step"]: finding["digest"] for finding in escalation.findings if "digest" in finding}
            resume.approve(operation, {step_id: digests[step_id] for step_id in chosen if step_id in digests})
        case Reason.RULE_FAILED if resume.accept(operation, chosen, who):
            _go_on(operation, f"{who} accepted the results of {', '.join(chosen)}{words}", who)
        case _:
            operation.move_to(Status.COMPLETED, f"Approved by {who}{words}", actor=who)


def _let_plan_run(operation: Operation, escalation: Escalation, answer: Answer, chosen: list[str], who: str) -> None:
    """As it was shown, or with other arguments. An approval is of the plan that was shown, and of no other."""
    if approval.plan_digest(operation, operation.steps.all()) != escalation.digest:
        raise Conflict("The plan is not the one that was shown. Reject it and ask for the operation again.")
    words = f": {answer.reason}" if answer.reason else ""
    if answer.decision == Kind.APPROVE:
        _go_on(operation, f"{who} approved the plan{words}", who, plan_unseen=False)
        return
    _go_on(operation, f"{who} changed {', '.join(chosen)} of the plan{words}", who, plan_unseen=False)
    resume.run_again(operation, resume.concerned(operation, chosen), answer.edits)


def _go_on(operation: Operation, message: str, who: str, *, renew_budgets: bool = False, **fields: Any) -> None:
    """Back to executing (to planning where that spent the budget), or on with it where other branches still execute."""
    if renew_budgets:
        fields["budgets_renewed"] = operation.budgets_renewed + 1
    if operation.status in MOVING:
        operation.change({"wake_at": timezone.now(), **fields}, message, kind="decision", actor=who)
    else:
        status = Status.PLANNING if renew_budgets and operation.plan is None else Status.EXECUTING
        operation.move_to(status, message, actor=who, **fields)
    jobs.ring()


def _replan(operation: Operation, escalation: Escalation, words: str, who: str) -> None:
    """Have another plan made, with its token budgets once more. The question is kept, to be asked again if need be."""
    asked = {name: getattr(escalation, name) for name in ("reason", "message", "findings", "steps")}
    operation.move_to(
        Status.PLANNING,
        f"{who} asks for another plan: {words}",
        actor=who,
        replan={"words": words, "by": who, **asked},
        budgets_renewed=operation.budgets_renewed + 1,
    )
    jobs.ring()


def _reject(operation: Operation, message: str, who: str) -> None:
    running = operation.steps.filter(status=StepStatus.RUNNING).exists()
    operation.move_to(Status.REJECTED, message, actor=who, wake_at=timezone.now() if running else None)
    resume.cancel_unfinished(operation)
    cache.drop(operation)
    signals.review_over.send(Operation, operation=operation)
    if running:
        jobs.ring()
