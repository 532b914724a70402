"""What a decision does to the operation and its steps. All of it inside the caller's transaction."""

from typing import Any

from django.utils import timezone

from escalations.models import Conflict, Decision, Escalation, Kind
from operations import approval, jobs, resume, signals
from operations.models import Operation
from operations.planning import cache
from operations.states import MOVING, Reason, Status, StepStatus


def check_plan(kind: str, operation: Operation, escalation: Escalation) -> None:
    """An approval or edit of a plan is of the plan that was shown: raises `Conflict` if there is another by now."""
    if escalation.reason != Reason.PLAN_APPROVAL or kind in (Kind.REJECT, Kind.REPLAN):
        return
    if approval.plan_digest(operation, operation.steps.all()) != escalation.digest:
        raise Conflict("The plan is not the one that was shown. Reject it and ask for the operation again.")


def carry_out(decision: Decision, operation: Operation) -> None:
    """Do what was decided.

    Raises `Superseded` if somebody changed the operation since it was read, `TransitionError` if it is where that
    cannot be done, and `Conflict` if its plan is not the one that was shown.
    """
    escalation, who, chosen = decision.escalation, decision.decided_by, list(decision.steps)
    words = f": {decision.reason}" if decision.reason else ""
    check_plan(decision.decision, operation, escalation)
    match decision.decision, escalation.reason:
        case Kind.REJECT, _:
            _reject(operation, f"Rejected by {who}{words}", who)
        case Kind.REPLAN, _:
            _replan(operation, escalation, decision.reason, who)
        case _, Reason.PLAN_APPROVAL:
            _let_plan_run(operation, decision, chosen, who, words)
        case Kind.APPROVE, _:
            _approve(operation, escalation, chosen, who, words)
        case Kind.RETRY, Reason.BUDGET_SPENT:
            _go_on(operation, f"{who} gives it its token budgets once more{words}", who, renew_budgets=True)
            resume.run_again(operation, resume.concerned(operation, chosen))
        case _:
            _go_on(operation, f"{who} lets {', '.join(chosen) or 'it'} run again{words}", who)
            resume.run_again(operation, resume.concerned(operation, chosen), decision.edits)
    if decision.decision in (Kind.APPROVE, Kind.EDIT, Kind.RETRY):
        _ask_about_the_others(operation, escalation, chosen)


def _ask_about_the_others(operation: Operation, escalation: Escalation, chosen: list[str]) -> None:
    """Who decided about some of the steps has left the others: those that still wait for a person are asked again."""
    others = [step_id for step_id in escalation.steps if step_id not in chosen]
    waiting = {StepStatus.FAILED, StepStatus.AWAITING_APPROVAL}
    left = {step.step_id for step in operation.steps.filter(step_id__in=others, status__in=waiting)}
    if not left:
        return
    findings = [finding for finding in escalation.findings if finding.get("step") in left]
    message = f"{findings[0]['step']}: {findings[0]['message']}" if findings else escalation.message
    approval.ask(
        operation, Reason(escalation.reason), message, findings, [step_id for step_id in others if step_id in left]
    )


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


def _let_plan_run(operation: Operation, decision: Decision, chosen: list[str], who: str, words: str) -> None:
    """As it was shown, or with other arguments."""
    if decision.decision == Kind.APPROVE:
        _go_on(operation, f"{who} approved the plan{words}", who, plan_unseen=False)
        return
    _go_on(operation, f"{who} changed {', '.join(chosen)} of the plan{words}", who, plan_unseen=False)
    resume.run_again(operation, resume.concerned(operation, chosen), decision.edits)


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
