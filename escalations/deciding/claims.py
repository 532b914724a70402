"""Being at an escalation: claiming it, keeping the claim while its page is open, and taking over another's."""

from django.db import transaction
from django.utils import timezone

from escalations.models import CLAIM, Escalation, Notice
from escalations.talk.notices import notify
from operations import live
from operations.audit.recording import record


def claim(escalation: Escalation, who: str, *, take_over: bool = False, reason: str = "") -> None:
    """Say that ``who`` is at it for the next five minutes; who is at it already keeps it for so long.

    Raises `Conflict` if another is, unless ``take_over``: then he is told, with the ``reason``.
    """
    if renew(escalation, who):
        return
    with transaction.atomic():
        if take_over:
            tell_former(escalation, who, reason)
        escalation.claim(who, take_over=take_over)


def renew(escalation: Escalation, who: str) -> bool:
    """Five more minutes for who is at it; False if he is not. Nothing that anybody read has changed by it."""
    now = timezone.now()
    mine = Escalation.objects.open().filter(pk=escalation.pk, claimed_by=who, claimed_until__gt=now)
    with transaction.atomic():
        renewed = bool(mine.update(claimed_until=now + CLAIM))
        if renewed:
            live.announce_escalations()
    return renewed


def tell_former(escalation: Escalation, who: str, reason: str) -> None:
    """If another is at it, tell him that ``who`` takes over, and write it into the history."""
    former = escalation.holder()
    if former in ("", who):
        return
    words = f": {reason}" if reason else ""
    escalation.operation.record("taken_over", f"{who} took over from {former}{words}", actor=who)
    notify(former, Notice.Kind.TAKE_OVER, escalation, actor=who, text=reason)
    record("escalation.take_over", escalation, operation=escalation.operation_id, reason=reason)
    live.announce(escalation.operation)
