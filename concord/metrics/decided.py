"""What people's decisions add up to."""

from datetime import datetime
from typing import Any

from django.db.models import F

from concord.metrics import families
from concord.metrics.batches import SIZE, Batch, batch
from escalations.models import Decision


def read(after: int, until: datetime) -> Batch:
    """The decisions after that id, and what they add."""
    rows: Any = Decision.objects.filter(id__gt=after).order_by("id")
    rows = rows.annotate(reason_asked=F("escalation__reason"), asked_at=F("escalation__created_at"))
    found = rows.values_list("id", "created_at", "claimed_at", "decision", "reason_asked", "asked_at", named=True)
    taken = batch(found[:SIZE], after, until)
    for row in taken.rows:
        taken.rise.count(families.DECISIONS, row.decision, row.reason_asked)
        taken.rise.observe(families.DECISION_SECONDS, (row.created_at - row.asked_at).total_seconds(), row.decision)
        if row.claimed_at:
            taken.rise.observe(families.REVIEW_SECONDS, (row.created_at - row.claimed_at).total_seconds())
    return taken
