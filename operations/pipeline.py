"""The stages of an operation: the only place that knows their order. Each ends with a move, or hands back."""

import logging
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone

from operations import approval, confidence, executor, judge, ledger, rescues, results, validation
from operations.budgets import BudgetSpent
from operations.canonical import canonical
from operations.lease import HandedBack, Lease
from operations.models import Claim, Operation, PlanCache, Step, Superseded, type_setting
from operations.models.types import confidence_threshold
from operations.planning import cache, making, react, replan, revise
from operations.planning import plan as plans
from operations.showing import listed
from operations.states import Planner, Reason, Status, StepStatus
from workers import llm, registry, tracing

logger = logging.getLogger(__name__)

MOST_RESCUES = 5
PATIENCE = timedelta(seconds=30)


def advance(operation: Operation, claim: Claim) -> None:
    """Take the operation as far as it goes now. Raises `Superseded` when somebody else has it."""
    told = {"concord.operation.id": operation.pk, "concord.fence": claim.fence}
    names = {"operation_id": operation.pk} | ({"request_id": operation.request_id} if operation.request_id else {})
    span = tracing.span("advance", told, kind="consumer", parent=operation.traceparent)
    with structlog.contextvars.bound_contextvars(**names), span:
        _advance(operation, claim)


def _advance(operation: Operation, claim: Claim) -> None:
    try:
        rescues.note(operation)
        if operation.rescues > MOST_RESCUES:
            _fail(operation, claim, "Every queue worker that took it up was lost while at it")
            return
        while (stage := STAGES.get(Status(operation.status))) and _go(stage, operation, claim):
            pass
    except Superseded:
        raise
    except BudgetSpent as spent:
        _ask(operation, claim, Reason.BUDGET_SPENT, str(spent), [{"rule": spent.purpose, "message": str(spent)}])
    except HandedBack:
        Lease(claim).release(timezone.now())
    except OperationalError:  # the database is away or busy: what was saved stays, the rest is done again
        logger.exception("%s is left for later", operation.pk)
        Lease(claim).release(timezone.now() + timedelta(seconds=2))
    except Exception as error:
        logger.exception("%s failed", operation.pk)
        _fail(operation, claim, f"{type(error).__name__}: {error}")


def _go(stage: Callable[[Operation, Claim], bool], operation: Operation, claim: Claim) -> bool:
    with tracing.span(operation.status) as span:
        goes_on = stage(operation, claim)
        span.tell({"concord.operation.status": operation.status})
    return goes_on


def _fail(operation: Operation, claim: Claim, error: str) -> None:
    operation.refresh_from_db(fields=["status"])
    if operation.is_moving:
        operation.move_to(Status.FAILED, error, claim=claim, error=error, wake_at=timezone.now())
    else:
        Lease(claim).release(None)


def plan(operation: Operation, claim: Claim) -> bool:
    """Make the plan, check it, and save its steps."""
    try:
        made = replan.by_words(operation, claim) if operation.replan else making.make(operation, claim)
    except making.NoPlan as none:
        _ask_as_before(operation, claim, str(none))
        return False
    except plans.BadPlan as bad:
        if _workers_away(operation, bad.plan):
            Lease(claim).release(timezone.now() + timedelta(seconds=1))
            return False
        _ask(operation, claim, Reason.BAD_PLAN, str(bad), [{"message": problem} for problem in bad.problems])
        return False
    with nullcontext() if _is_one_statement(operation, made) else transaction.atomic():
        if made.note:
            operation.record("planner", made.note)
        if operation.parameters.get("plan_only"):
            operation.move_to(
                Status.COMPLETED,
                "Planned only",
                claim=claim,
                plan=made.plan,
                plan_source=made.source,
                replan=None,
                result={"plan": made.plan},
            )
            return False
        return _begin(operation, claim, made)


def _is_one_statement(operation: Operation, made: making.Made) -> bool:
    """A plan that does no more than move its operation on needs no transaction around that."""
    more = made.note or made.cached or made.key or operation.plan_version or made.plan.get("open")
    return not more and not type_setting(operation.operation_type).show_plan


def _ask_as_before(operation: Operation, claim: Claim, why: str) -> None:
    """Ask a person what he answered by asking for another plan, since there is none."""
    asked: dict[str, Any] = operation.replan or {}
    findings = [{"rule": "another plan is made", "message": f"There is none: {why}"}, *asked["findings"]]
    reason = Reason(asked["reason"])
    is_plan = reason == Reason.PLAN_APPROVAL
    _ask(operation, claim, reason, asked["message"], findings, asked["steps"], whole_plan=is_plan, replan=None)


def _begin(operation: Operation, claim: Claim, made: making.Made) -> bool:
    """Save the plan's steps and go on to execute them, or show them to a person first."""
    steps = plans.rows(operation, made.plan)
    is_shown = type_setting(operation.operation_type).show_plan
    is_first = not operation.plan_version
    planned: dict[str, Any] = {
        "plan": made.plan,
        "plan_source": made.source,
        "plan_version": operation.plan_version + 1,
        "plan_unseen": is_shown,
        "plan_cache": _kept(operation, made),
        "replan": None,
    }
    kept = [] if is_first else revise.kept(operation, made.plan)
    operation.know_steps(steps)
    # The move comes first: it is what a late claim stumbles over.
    if is_shown:
        _show(operation, claim, steps, planned)
    else:
        message = f"Planned {len(steps)} steps{HOW.get(made.source, '')}"
        message += f"; {listed(kept)} keep their results" if kept else ""
        operation.move_to(Status.EXECUTING, message, claim=claim, **planned)
    if not is_first:
        revise.put(operation, made.plan, again=True)
    elif is_shown or operation.plan_is_open:
        Step.objects.bulk_create(steps)
    # Otherwise they become rows as they run: of those that are quickly done only the end is written.
    return not is_shown


def _kept(operation: Operation, made: making.Made) -> PlanCache | None:
    """The cached plan that this one is an instance of; or a new one, which has yet to prove itself."""
    if made.cached:
        cache.used(made.cached)
        ledger.saved_by_cache(operation)
        return made.cached
    return cache.keep(operation, made.key, list(made.lines)) if made.key else None


HOW = {Planner.CACHE: " from the cache", Planner.REWOO: " with a model", Planner.REACT: " to begin with, by a model"}


def _show(operation: Operation, claim: Claim, steps: list[Step], planned: dict[str, Any]) -> None:
    """Ask a person about the whole plan before anything of it runs."""
    message = f"A plan of {len(steps)} steps waits to be seen before it runs"
    _ask(operation, claim, Reason.PLAN_APPROVAL, message, [_told(step) for step in steps], whole_plan=True, **planned)


def _told(step: Step) -> dict[str, Any]:
    """A planned step as the finding that shows it."""
    over = f" for each of {step.for_each}" if step.for_each is not None else ""
    arguments = canonical(step.arguments).decode()
    return {"step": step.step_id, "rule": f"{step.worker}.{step.action}", "message": f"{arguments}{over}"}


def _workers_away(operation: Operation, made: Any) -> bool:
    """Is the plan only bad because a worker has not started yet?"""
    known = registry.workers()
    steps = made["steps"] if isinstance(made, dict) and isinstance(made.get("steps"), list) else []
    named = [step.get("worker") for step in steps if isinstance(step, dict)]
    silent = [name for name in named if name in known and not known[name].manifest]
    return bool(silent) and timezone.now() - operation.created_at < PATIENCE


def execute(operation: Operation, claim: Claim) -> bool:
    """Run what can run. Where the plan is open and all of it is done, ask the model what comes next."""
    if not (operation.plan_is_open and executor.all_done(operation)):
        return executor.execute(operation, claim)
    try:
        react.go_on(operation, claim)
    except (react.GaveUp, llm.ModelFailed) as error:
        _ask(operation, claim, Reason.NO_NEXT_STEP, str(error), [{"message": str(error)}])
    return operation.is_moving


def validate(operation: Operation, claim: Claim) -> bool:
    """Ask the rules, say how sure it is, and complete or ask a person."""
    steps = operation.known_steps()
    findings = validation.check_steps(steps) if operation.require_validation else []
    broken = validation.failures(findings)
    signals = confidence.signals(steps, findings, operation.plan_source, _past(operation))
    score = confidence.score(signals)
    threshold = confidence_threshold(operation.operation_type)
    # What a person has to look at anyway needs no judge.
    asked = not broken and score >= threshold and judge.wanted(operation)
    if asked and (verdict := judge.ask(operation, claim, steps, findings, signals)):
        signals.append(judge.signal(verdict))
        score = confidence.score(signals)
    found: dict[str, Any] = {
        "result": results.summarise(operation, steps),
        "confidence_score": score,
        "confidence": confidence.as_json(signals),
    }
    if broken:
        message = f"{f'{broken[0].step} {broken[0].label}'.strip()}: {broken[0].message}"
        shown = [finding.as_json() for finding in broken]
        steps_concerned = list(dict.fromkeys(finding.step for finding in broken))
        _ask(operation, claim, Reason.RULE_FAILED, message, shown, steps_concerned, **found)
    elif operation.require_validation and score < threshold:
        message = f"The confidence is {score:.2f}, below the threshold of {threshold:.2f}"
        shown = [{"rule": s.name, "message": s.words} for s in sorted(signals, key=lambda s: s.value)]
        _ask(operation, claim, Reason.LOW_CONFIDENCE, message, shown, **found)
    else:
        _complete(operation, claim, steps, f"Confidence {score:.2f}", found)
    return False


def _complete(operation: Operation, claim: Claim, steps: list[Step], message: str, found: dict[str, Any]) -> None:
    """The end that was asked for. A plan that came to it as it was made serves the next operation of the kind."""
    if operation.plan_cache_id is None:
        operation.move_to(Status.COMPLETED, message, claim=claim, **found)
        return
    with transaction.atomic():
        operation.move_to(Status.COMPLETED, message, claim=claim, **found)
        if all(step.status == StepStatus.COMPLETED and step.run == 1 for step in steps):
            cache.proven(operation)


def _ask(
    operation: Operation,
    claim: Claim,
    reason: Reason,
    message: str,
    findings: list[Any],
    steps: list[str] | None = None,
    *,
    whole_plan: bool = False,
    **fields: Any,
) -> None:
    """Ask a person; where people are not to be asked, the operation has failed."""
    if not settings.ESCALATION_ENABLED:
        operation.move_to(Status.FAILED, message, claim=claim, error=message, **fields)
        return
    with transaction.atomic():
        operation.move_to(Status.ESCALATING, message, claim=claim, **fields)
        digest = approval.plan_digest(operation, operation.known_steps()) if whole_plan else ""
        approval.ask(operation, reason, message, findings, steps or [], digest)


_remembered: dict[str, tuple[float, tuple[int, int]]] = {}


def _past(operation: Operation) -> tuple[int, int]:
    """Of the last 50 operations of this kind that people were asked about: (how many, how many were accepted)."""
    until, past = _remembered.get(operation.operation_type, (0.0, (0, 0)))
    if time.monotonic() < until:
        return past
    asked = Operation.objects.filter(
        operation_type=operation.operation_type,
        status__in=[Status.COMPLETED, Status.REJECTED],
        events__kind=Status.ESCALATING,
    )
    statuses = list(asked.order_by("-created_at").values_list("status", flat=True).distinct()[:50])
    past = (len(statuses), statuses.count(Status.COMPLETED))
    _remembered[operation.operation_type] = (time.monotonic() + 60, past)
    return past


STAGES: dict[Status, Callable[[Operation, Claim], bool]] = {
    Status.PLANNING: plan,
    Status.EXECUTING: execute,
    Status.VALIDATING: validate,
    # An operation that ended with calls still running: they are withdrawn.
    Status.CANCELLED: executor.withdraw,
    Status.FAILED: executor.withdraw,
    Status.REJECTED: executor.withdraw,
}
