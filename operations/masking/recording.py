"""Recording in the audit trail who saw what kinds of values of what, and what for. Never the values."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from operations.audit import acting
from operations.audit.models import Entry
from operations.audit.recording import record
from operations.masking.sight import Sight

REVEALED, VIEWED, READ = "personal.reveal", "personal.view", "personal.read"
APART = timedelta(minutes=10)  # between two entries for a page that refreshes itself


@transaction.atomic
def note(action: str, eyes: Sight, purpose: str = "", parts: Any = ()) -> None:
    """Write down what was seen. ``today`` counts the entries of the last 24 hours: not limited, but told."""
    told: dict[str, Any] = {"fields": sorted(eyes.seen), "today": _lately(action).count() + 1}
    if parts:
        told["parts"] = sorted(parts)[:20]
    record(action, eyes.target, after=told, operation=eyes.operation, reason=purpose)


def noted_lately(action: str, eyes: Sight) -> bool:
    kind, key = eyes.target
    since = timezone.now() - APART
    return _lately(action).filter(target_kind=kind[:40], target_id=key[:100], at__gte=since).exists()


def _lately(action: str) -> Any:
    who = acting.who()
    since = timezone.now() - timedelta(days=1)
    return Entry.objects.filter(actor_kind=who.kind, actor_id=who.id, action=action, at__gte=since)
