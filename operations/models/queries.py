"""Which operations somebody may see, which are ready, and the claim under which one is advanced."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connections, models
from django.db.models import Q
from django.utils import timezone

from operations import rights

if TYPE_CHECKING:
    from operations.models.operation import Operation

# One statement, so that two queue workers never look at the same row twice. A lease that ran out was never given
# back: its holder is gone, and that it was rescued is counted.
CLAIM = """
    UPDATE operations_operation
    SET fence = fence + 1, lease_until = %s, claimed_by = %s, started_at = COALESCE(started_at, %s),
        rescues = rescues + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END
    WHERE id = (
        SELECT id FROM operations_operation
        WHERE wake_at <= %s AND (lease_until IS NULL OR lease_until < %s)
        ORDER BY priority DESC, wake_at LIMIT 1 {skip}
    )
    RETURNING *
"""


@dataclass(frozen=True)
class Claim:
    """The right to advance one operation. ``fence`` rises with every claim; writes check it."""

    operation_id: str
    fence: int


class OperationQuerySet(models.QuerySet["Operation"]):
    def visible_to(self, caller: Any) -> Self:
        """What ``caller`` (an API key, a user, or nobody) may see: all, his own, or nothing."""
        if rights.SEE_ALL.is_of(caller):
            return self
        return self.of(caller) if rights.USE.is_of(caller) else self.none()

    def of(self, caller: Any) -> Self:
        """What ``caller`` submitted himself."""
        return self.filter(owned_by(caller))

    def ready(self, now: datetime) -> Self:
        """Those that a queue worker should take up, most urgent first: due, and not in another's hands."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return self.filter(free, wake_at__lte=now).order_by("-priority", "wake_at")

    def claim_next(self, holder: str) -> "tuple[Operation, Claim] | None":
        """Take the most urgent ready operation for a lease, or None where nothing is ready."""
        connection = connections[self.db]
        skip = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
        adapt = connection.ops.adapt_datetimefield_value
        now = timezone.now()
        until = now + timedelta(seconds=settings.LEASE_SECONDS)
        for operation in self.raw(CLAIM.format(skip=skip), [adapt(until), holder, *[adapt(now)] * 3]):
            return operation, Claim(operation.pk, operation.fence)
        return None


def owned_by(caller: Any, operation: str = "") -> Q:
    """The operations that ``caller`` submitted; ``operation`` is the way to them, such as "operation__"."""
    if not rights.is_client(caller):
        return Q(**{f"{operation}submitted_by": caller.pk})
    mine = Q(**{f"{operation}client": caller.pk})
    return mine if caller.pk else mine & Q(**{f"{operation}submitted_by": None})


def is_reviewer(user: Any) -> bool:
    """May this person see all operations and decide escalations?"""
    return not rights.is_client(user) and rights.DECIDE.is_of(user)
