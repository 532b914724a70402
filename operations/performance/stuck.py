"""Operations that went quiet: they should move, and nobody has come for them."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from operations.models import Operation
from operations.states import MOVING

Json = dict[str, Any]

PATIENCE = timedelta(minutes=1)  # the sweeper rings every half second
MOST = 100


def find(now: datetime) -> Json:
    """Those that could have been taken up a minute ago, or that nobody is to come for though they should move."""
    long_ago = now - PATIENCE
    overdue = Operation.objects.ready(long_ago)
    forgotten = Operation.objects.filter(wake_at=None, lease_until=None, updated_at__lt=long_ago)
    rows = (overdue | forgotten).filter(status__in=MOVING).order_by(F("wake_at").asc(nulls_first=True))
    found = list(rows[: MOST + 1])
    return {"operations": [_told(operation, now) for operation in found[:MOST]], "truncated": len(found) > MOST}


def _told(operation: Operation, now: datetime) -> Json:
    since = max(filter(None, (operation.wake_at or operation.updated_at, operation.lease_until)))
    return {
        "operation_id": operation.pk,
        "operation_type": operation.operation_type,
        "status": operation.status,
        "seconds": round((now - since).total_seconds(), 1),
        "due": operation.wake_at is not None,
    }
