"""The stages of an operation: the only place that knows their order. Each ends with a move, or hands back."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone

from operations import approval, confidence, executor, results, validation
from operations.lease import HandedBack, Lease
from operations.models import Claim, Operation, Step, Superseded
from operations.models.types import confidence_threshold
from operations.planning import plan as plans
from operations.planning import rules
from operations.states import OperationType, Reason, Status
from workers import registry

logger = logging.getLogger(__name__)

MOST_RESCUES = 5
PATIENCE = timedelta(seconds=30)


def advance(operation: Operation, claim: Claim) -> None:
    """Take the operation as far as it goes now. Raises `Superseded` when somebody else has it."""
    try:
        if operation.rescues > MOST_RESCUES:
            _fail(operation, claim, "Every queue worker that took it up was lost while at it")
            return
        while (stage := STAGES.get(Status(operation.status))) and stage(operation, claim):
            pass
    except Superseded:
        raise
    except HandedBack:
        Lease(claim).release(timezone.now())
    except OperationalError:  # the database is away or busy: what was saved stays, the rest is done again
        logger.exception("%s is left for later", operation.pk)
        Lease(claim).release(timezone.now() + timedelta(seconds=2))
    except Exception as error:
        logger.exception("%s failed", operation.pk)
        _fail(operation, claim, f"{type(error).__name__}: {error}")


def _fail(operation: Operation, claim: Claim, error: str) -> None:
    operation.refresh_from_db(fields=["status"])
    if operation.is_moving:
        operation.move_to(Status.FAILED, error, claim=claim, error=error, wake_at=timezone.now())
    else:
        Lease(claim).release(None)


def plan(operation: Operation, claim: Claim) -> bool:
    """Make the plan, check it, and save its steps."""
    try:
        made = rules.make(operation)
        plans.check(made)
    except plans.BadPlan as bad:
        if _workers_away(operation, made):
            Lease(claim).release(timezone.now() + timedelta(seconds=1))
            return False
        _ask(operation, claim, Reason.BAD_PLAN, str(bad), [{"message": problem} for problem in bad.problems])
        return False
    if operation.parameters.get("plan_only"):
        operation.move_to(Status.COMPLETED, "Planned only", claim=claim, plan=made, result={"plan": made})
        return False
    custom = operation.operation_type == OperationType.CUSTOM
    with transaction.atomic():
        operation.move_to(
            Status.EXECUTING,
            f"Planned {len(made['steps'])} steps",
            claim=claim,
            plan=made,
            plan_source="client" if custom else "rules",
            plan_version=operation.plan_version + 1,
        )
        if operation.plan_version > 1:
            operation.steps.all().delete()
        operation.know_steps(Step.objects.bulk_create(plans.rows(operation, made)))
    return True


def _workers_away(operation: Operation, made: dict[str, Any]) -> bool:
    """Is the plan only bad because a worker has not started yet?"""
    known = registry.workers()
    silent = [step for step in made["steps"] if step["worker"] in known and not known[step["worker"]].manifest]
    return bool(silent) and timezone.now() - operation.created_at < PATIENCE


def validate(operation: Operation, claim: Claim) -> bool:
    """Ask the rules, say how sure it is, and complete or ask a person."""
    steps = operation.known_steps()
    findings = validation.check_steps(steps) if operation.require_validation else []
    broken = validation.failures(findings)
    signals = confidence.signals(steps, findings, operation.plan_source, _past(operation))
    score = confidence.score(signals)
    found: dict[str, Any] = {
        "result": results.summarise(operation, steps),
        "confidence_score": score,
        "confidence": confidence.as_json(signals),
    }
    threshold = confidence_threshold(operation.operation_type)
    if broken:
        message = f"{broken[0].step} {broken[0].label}: {broken[0].message}".replace("  ", " ")
        shown = [finding.as_json() for finding in broken]
        steps_concerned = list(dict.fromkeys(finding.step for finding in broken))
        _ask(operation, claim, Reason.RULE_FAILED, message, shown, steps_concerned, **found)
    elif operation.require_validation and score < threshold:
        message = f"The confidence is {score:.2f}, below the threshold of {threshold:.2f}"
        shown = [{"rule": s.name, "message": s.words} for s in sorted(signals, key=lambda s: s.value)]
        _ask(operation, claim, Reason.LOW_CONFIDENCE, message, shown, **found)
    else:
        operation.move_to(Status.COMPLETED, f"Confidence {score:.2f}", claim=claim, **found)
    return False


def _ask(
    operation: Operation,
    claim: Claim,
    reason: Reason,
    message: str,
    findings: list[Any],
    steps: list[str] | None = None,
    **fields: Any,
) -> None:
    """Ask a person; where people are not to be asked, the operation has failed."""
    if not settings.ESCALATION_ENABLED:
        operation.move_to(Status.FAILED, message, claim=claim, error=message, **fields)
        return
    with transaction.atomic():
        operation.move_to(Status.ESCALATING, message, claim=claim, **fields)
        approval.ask(operation, reason, message, findings, steps or [])


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
    Status.EXECUTING: executor.execute,
    Status.VALIDATING: validate,
    # An operation that ended with calls still running: they are withdrawn.
    Status.CANCELLED: executor.withdraw,
    Status.FAILED: executor.withdraw,
    Status.REJECTED: executor.withdraw,
}
