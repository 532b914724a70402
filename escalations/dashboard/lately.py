"""What became of the operations that ended lately. Everything is added up by the database, from one index."""

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Func, IntegerField, OuterRef, Value
from django.db.models.functions import Coalesce

from escalations.dashboard.periods import Slot, key, slots
from escalations.models import Escalation
from operations.models import Operation
from operations.states import OperationType, Status

Json = dict[str, Any]

OUTCOMES = (Status.COMPLETED, Status.REJECTED, Status.FAILED, Status.CANCELLED)
BANDS = 20  # of the confidence histogram
MOST = 2_000  # operations that durations are taken of
# The status, as an expression: by the bare column SQLite would take the index of it, and read every row ever made.
WAY = Coalesce("status", Value(""))


class Band(Func):
    """The whole part of ``BANDS`` times a confidence."""

    template = f"floor(%(expressions)s * {BANDS})"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"CAST(%(expressions)s * {BANDS} AS INTEGER)")


def ended(now: datetime, unit: str, number: int) -> tuple[list[datetime], dict[str, list[int]]]:
    """The last ``number`` hours or days, and for each outcome how many operations ended so in each of them."""
    times = slots(now, unit, number)
    rows = Operation.objects.filter(ended_at__gte=times[0]).order_by()
    counted: dict[tuple[str, str], int] = defaultdict(int)
    for slot, status, many in rows.values_list(Slot("ended_at", unit=unit), WAY).annotate(number=Count("*")):
        counted[key(slot, unit), status] += many
    return times, {status: [counted[key(time, unit), status] for time in times] for status in OUTCOMES}


def outcomes(since: datetime) -> Json:
    """How many ended in each way since then, and how many with a confidence in each band."""
    rows = Operation.objects.filter(ended_at__gte=since).order_by()
    ways: dict[str, int] = defaultdict(int)
    bands = [0] * BANDS
    for status, band, many in rows.values_list(WAY, Band("confidence_score")).annotate(number=Count("*")):
        ways[status] += many
        if band is not None:
            bands[min(max(int(band), 0), BANDS - 1)] += many  # a confidence of 1 belongs to the last
    number = sum(ways.values())
    return {
        "number": number,
        "completed_share": ways[Status.COMPLETED] / number if number else None,
        "ways": [(status.label, ways[status]) for status in OUTCOMES if ways[status]],
        "bands": bands,
    }


def durations(since: datetime) -> tuple[list[Json], Json]:
    """How long the newest completed operations took, by type, and how long they waited for a queue worker; in ms.

    Those that a person was asked about are left out: how long people take says nothing about Concord.
    """
    asked = Exists(Escalation.objects.filter(operation=OuterRef("pk")))
    ended = Operation.objects.alias(way=WAY).filter(~asked, ended_at__gte=since, way=Status.COMPLETED)
    through = ended.order_by("-ended_at")
    took: dict[str, list[float]] = defaultdict(list)
    waits = []
    for kind, created, started, ending in through.values_list("operation_type", "created_at", "started_at", "ended_at")[
        :MOST
    ]:
        took[kind].append((ending - created).total_seconds() if ending else 0.0)
        if started:
            waits.append((started - created).total_seconds())
    return [{"type": OperationType(kind).label, **_spread(took[kind])} for kind in sorted(took)], _spread(waits)


def _spread(seconds: Sequence[float]) -> Json:
    return {"number": len(seconds), "p50": percentile(seconds, 0.5), "p95": percentile(seconds, 0.95)}


def percentile(seconds: Sequence[float], share: float) -> int | None:
    """The smallest of ``seconds`` that this share does not exceed, in milliseconds; None where there are none."""
    if not seconds:
        return None
    return round(sorted(seconds)[math.ceil(share * len(seconds)) - 1] * 1000)
