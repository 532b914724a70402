"""Asking a person, and binding what he approves to exactly that."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings

from operations import signals
from operations.canonical import canonical
from operations.models import Operation, Step
from operations.schemas import fits
from operations.states import Reason, StepStatus

Json = dict[str, Any]


def needed(action: Json, arguments: Any) -> bool:
    """Must a person approve this call first? ``action`` is what the manifest says of it, ``arguments`` what is sent.

    A destructive action waits for him, unless its worker says that it destroys nothing with such arguments.
    """
    return bool(action["destructive"]) and not fits(action.get("harmless"), arguments)


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


def plan_digest(operation: Operation, steps: Iterable[Step]) -> str:
    """Of all that an approval of a whole plan is about: what its steps call, on what, and in which order."""
    rows = [
        [step.step_id, step.worker, step.action, step.arguments, step.for_each, step.depends_on, step.validation]
        for step in steps
        if not step.template and step.status != StepStatus.SKIPPED
    ]
    return hashlib.sha256(canonical([operation.plan_version, rows])).hexdigest()


def ask(
    operation: Operation, reason: Reason, message: str, findings: list[Any], steps: list[str], digest: str = ""
) -> None:
    """Open a question to a person, inside the caller's transaction. Where people are not to be asked, do nothing.

    ``digest`` names exactly what an approval would approve; by default the question itself.
    """
    if not settings.ESCALATION_ENABLED:
        return
    about = digest or hashlib.sha256(canonical([operation.plan_version, reason, findings, steps])).hexdigest()
    signals.review_needed.send(
        Operation,
        operation=operation,
        reason=reason,
        message=message,
        findings=findings,
        steps=steps,
        digest=about,
    )


def ask_about_failed(operation: Operation, failed: Sequence[Step]) -> None:
    """Open the question what to do about steps that failed, inside the caller's transaction."""
    findings = [
        {"step": step.step_id, "label": step.label, "rule": "the step completes", "message": step.error}
        for step in failed
    ]
    message = f"{failed[0].named} failed: {failed[0].error}"
    ask(operation, Reason.STEP_FAILED, message, findings, [step.step_id for step in failed])


def over(operation: Operation) -> None:
    """Close the open questions: the operation ended or went on without an answer."""
    signals.review_over.send(Operation, operation=operation)
