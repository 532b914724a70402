"""What becomes of a decision of which nothing came: it is taken back, or had no effect."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from escalations.models import CLAIM, Conflict, Decision, DecisionError, Escalation
from operations import live
from operations.audit.recording import record
from operations.models import Operation

Status = Escalation.Status


def undo(decision: Decision, *, who: str, admin: bool = False) -> None:
    """Open the escalation again, in the hands of who decided it.

    Raises `DecisionError` unless ``who`` decided it or is an ``admin``, and `Conflict` if it is too late.
    """
    if who != decision.decided_by and not admin:
        raise DecisionError(f"Only {decision.decided_by}, who decided, can take this back.")
    now = timezone.now()
    with transaction.atomic():
        if not _mark(decision, undone_by=who):
            raise Conflict(_why_not(decision))
        _record("escalation.take_back", decision)
        began = decision.claimed_at or decision.created_at
        claim = {"claimed_by": decision.decided_by, "claimed_at": began, "claimed_until": now + CLAIM}
        _open_again(decision, "taken_back", f"{who} took back: {_named(decision)}", who, **claim)


def refuse(decision: Decision, why: str) -> None:
    """What was decided cannot be done: ask again, and say why. Too late for a decision of which something came."""
    sentence = f"{decision.decided_by} decided: {_named(decision)}; that could not be done. {why}"
    with transaction.atomic():
        if _mark(decision):
            _record("escalation.not_done", decision)
            message = f"{decision.escalation.message} {sentence}"
            _open_again(decision, "not_done", sentence, "", message=message)


def void(operation: Operation) -> None:
    """The operation ended: what was decided about it, and not yet done, has no effect any more."""
    for decision in Decision.objects.pending().filter(escalation__operation=operation).select_related("escalation"):
        if _mark(decision):
            Escalation.objects.filter(pk=decision.escalation_id).update(status=Status.WITHDRAWN)
            _record("escalation.no_effect", decision)
            message = f"{decision.decided_by} had decided: {_named(decision)}; it had no effect any more"
            operation.record("no_effect", message, actor=decision.decided_by)
            live.announce_escalations()


def _record(action: str, decision: Decision) -> None:
    record(
        action,
        decision.escalation,
        before={"decision": str(decision.decision)},
        operation=decision.escalation.operation_id,
    )


def _mark(decision: Decision, undone_by: str = "") -> bool:
    """False if it was carried out, or taken back, in the meantime."""
    row = Decision.objects.pending().filter(pk=decision.pk)
    return bool(row.update(undone_at=timezone.now(), undone_by=undone_by))


def _open_again(decision: Decision, kind: str, words: str, actor: str, **fields: Any) -> None:
    row = Escalation.objects.filter(pk=decision.escalation_id, status=Status.DECIDED)
    row.update(status=Status.OPEN, decided_at=None, revision=F("revision") + 1, **fields)
    operation = decision.escalation.operation
    operation.record(kind, words, actor=actor)
    live.announce(operation)
    live.announce_escalations()


def _named(decision: Decision) -> str:
    return decision.get_decision_display().lower()


def _why_not(decision: Decision) -> str:
    decision.refresh_from_db()
    if decision.undone_by:
        return f"{decision.undone_by} has taken it back already."
    if decision.undone_at:
        return "It had no effect, so there is nothing to take back."
    return "Too late to take it back: the operation has gone on by it."
