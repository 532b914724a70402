"""Open an escalation when an operation needs a person, and close it when the question is moot."""

from typing import Any

from django.dispatch import receiver

from escalations.models import Escalation
from operations import live
from operations.models import Operation
from operations.signals import review_needed, review_over


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
    if question is None or not _join(question, fields):
        operation.escalations.create(reason=reason, **fields)
    live.announce_escalations()


def _join(question: Escalation, fields: dict[str, Any]) -> bool:
    """Add to an open question. False if it was answered in the meantime."""
    for name in ("findings", "steps"):
        before = getattr(question, name)
        fields[name] = before + [entry for entry in fields[name] if entry not in before]
    row = Escalation.objects.filter(pk=question.pk, status=Escalation.Status.OPEN, revision=question.revision)
    return bool(row.update(revision=question.revision + 1, **fields))


@receiver(review_over)
def withdraw_escalations(sender: Any, *, operation: Operation, **kwargs: Any) -> None:
    operation.escalations.filter(status=Escalation.Status.OPEN).update(status=Escalation.Status.WITHDRAWN)
    live.announce_escalations()
