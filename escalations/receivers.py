"""Open an escalation when an operation needs a person, and close it when the question is moot."""

from typing import Any

from django.dispatch import receiver

from escalations import urgency
from escalations.deciding.applying import apply_due
from escalations.deciding.undo import void
from escalations.models import Escalation
from operations import live
from operations.models import Operation
from operations.signals import review_needed, review_over, round_made


@receiver(review_needed)
def open_escalation(
    sender: Any,
    *,
    operation: Operation,
    reason: str,
    message: str,
    findings: list[Any],
    steps: list[str],
    digest: str,
    **kwargs: Any,
) -> None:
    """One open question per operation and reason: further steps join it while nobody has answered."""
    fields: dict[str, Any] = {
        "message": message,
        "findings": findings,
        "steps": steps,
        "digest": digest,
        "confidence_score": operation.confidence_score,
    }
    question = operation.escalations.filter(status=Escalation.Status.OPEN, reason=reason).first()
    if question is None or not _join(operation, question, fields):
        operation.escalations.create(reason=reason, **fields, **_judged(operation, reason, fields))
    live.announce_escalations()


def _judged(operation: Operation, reason: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Its place in the queue, and its cause."""
    about = {name: fields[name] for name in ("findings", "steps", "confidence_score")}
    return urgency.judged(operation, reason=reason, **about, **more)


def _join(operation: Operation, question: Escalation, fields: dict[str, Any]) -> bool:
    """Add to an open question. False if it was answered in the meantime."""
    for name in ("findings", "steps"):
        before = getattr(question, name)
        fields[name] = before + [entry for entry in fields[name] if entry not in before]
    judged = _judged(operation, question.reason, fields, created_at=question.created_at)
    row = Escalation.objects.filter(pk=question.pk, status=Escalation.Status.OPEN, revision=question.revision)
    return bool(row.update(revision=question.revision + 1, **fields, **judged))


@receiver(review_over)
def withdraw_escalations(sender: Any, *, operation: Operation, **kwargs: Any) -> None:
    operation.escalations.filter(status=Escalation.Status.OPEN).update(status=Escalation.Status.WITHDRAWN)
    void(operation)
    live.announce_escalations()


@receiver(round_made)
def carry_out_decisions(sender: Any, **kwargs: Any) -> None:
    apply_due()
