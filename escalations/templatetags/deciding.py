"""What the pages say about the decision that was just taken, and what was typed into a form that comes back."""

from math import ceil
from typing import Any

from django import template
from django.utils import timezone

from escalations.deciding.following import view_of
from escalations.models import Decision, Kind

register = template.Library()

MOST = 200
DONE = {
    Kind.APPROVE: "Approved",
    Kind.EDIT: "Edited",
    Kind.RETRY: "Runs again",
    Kind.REPLAN: "Planned anew",
    Kind.REJECT: "Rejected",
}


@register.filter
def said(typed: Any, name: str) -> str:
    """What was typed or chosen under ``name``; empty where nothing was."""
    return str(typed.get(name, "")) if typed else ""


@register.inclusion_tag("console/_undo.html", takes_context=True)
def undo_note(context: dict[str, Any]) -> dict[str, Any]:
    """The newest decision of who looks, while it can be taken back; with those that were taken as one with it."""
    request = context["request"]
    now = timezone.now()
    mine = Decision.objects.pending().filter(decided_by=request.user.get_username(), effective_at__gt=now)
    found = list(mine.select_related("escalation").only(*SHOWN).order_by("-created_at", "-pk")[:MOST])
    if not found:
        return {}
    newest = found[0]
    together = sum(1 for decision in found if decision.batch == newest.batch) if newest.batch else 1
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "decision": newest,
        "words": in_words(newest, together),
        "together": together,
        "seconds": ceil((newest.effective_at - now).total_seconds()) if newest.effective_at else 0,
        "view": view_of(request),
    }


SHOWN = ("decision", "batch", "effective_at", "escalation__operation_id")


def in_words(decision: Decision, together: int = 1) -> str:
    """ "Approved: op-20251021-023456-a1b2c3d4." or "Approved: 12 together." """
    about = decision.escalation.operation_id if together == 1 else f"{together} together"
    return f"{DONE[Kind(decision.decision)]}: {about}."
