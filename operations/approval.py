"""Asking a person, and binding what he approves to exactly that."""

import hashlib
from typing import Any

from django.conf import settings

from operations import signals
from operations.canonical import canonical
from operations.models import Operation, Step
from operations.states import Reason


def digest(operation: Operation, step: Step, arguments: Any, evidence: dict[str, Any]) -> str:
    """Of all that an approval of ``step`` is about: the call, what it rests on, and the plan it stands in."""
    about = {
        "plan": operation.plan_version,
        "step": step.step_id,
        "worker": step.worker,
        "action": step.action,
        "arguments": arguments,
        "evidence": evidence,
    }
    return hashlib.sha256(canonical(about)).hexdigest()


def ask(operation: Operation, reason: Reason, message: str, findings: list[Any], steps: list[str]) -> None:
    """Open a question to a person, inside the caller's transaction. Where people are not to be asked, do nothing."""
    if not settings.ESCALATION_ENABLED:
        return
    about = hashlib.sha256(canonical([operation.plan_version, reason, findings, steps])).hexdigest()
    signals.review_needed.send(
        Operation,
        operation=operation,
        reason=reason,
        message=message,
        findings=findings,
        steps=steps,
        digest=about,
    )


def over(operation: Operation) -> None:
    """Close the open questions: the operation ended or went on without an answer."""
    signals.review_over.send(Operation, operation=operation)
