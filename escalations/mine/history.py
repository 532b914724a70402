"""What one person decided, what became of it, and at what pace: shown to that person only."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from escalations.models import Decision, Escalation
from operations.charts import Chart, Series, columns

DAYS = 14
TIMED = 1000  # decisions that the median is taken from
LARGE = ["edits", "effect", "steps", "escalation__findings", "escalation__steps"]
LARGE += [f"escalation__operation__{name}" for name in ("parameters", "metadata", "plan", "result", "confidence")]


def decisions(who: str, kind: str = "", day: date | None = None) -> models.QuerySet[Decision]:
    """The decisions of ``who`` with their operations, of one kind or one day (UTC) where they are given.

    ``asked_again`` says whether another question about the same operation came afterwards.
    """
    found = _followed(Decision.objects.filter(decided_by=who))
    if kind:
        found = found.filter(decision=kind)
    if day:
        found = found.filter(created_at__gte=_start(day), created_at__lt=_start(day) + timedelta(days=1))
    return found.select_related("escalation__operation").defer(*LARGE)


def _followed(rows: models.QuerySet[Decision]) -> models.QuerySet[Decision]:
    later = Escalation.objects.filter(
        operation=OuterRef("escalation__operation"), created_at__gt=OuterRef("created_at")
    ).exclude(pk=OuterRef("escalation"))
    return rows.annotate(asked_again=Exists(later))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


@dataclass(frozen=True)
class Pace:
    """How somebody decided in the last `DAYS` days. What was taken back does not count."""

    today: int
    week: int  # since Monday
    chart: Chart  # a column for each of the days
    total: int
    followed: int  # how many were followed by another question about the same operation
    median_ms: int | None  # from the claim to the decision; None where nothing was claimed
    timed: int  # how many decisions that median is taken from


def pace(who: str) -> Pace:
    """The pace of ``who`` up to now; days are UTC."""
    today = timezone.now().date()
    days = [today - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    rows = Decision.objects.filter(decided_by=who, undone_at=None, created_at__gte=_start(days[0]))
    counts = _by_day(rows)
    took = _times(rows)
    followed = _followed(rows).aggregate(followed=Count("pk", filter=Q(asked_again=True)))["followed"]
    return Pace(
        today=counts[today],
        week=sum(counts[day] for day in days if day >= today - timedelta(days=today.weekday())),
        chart=_chart(days, counts),
        total=counts.total(),
        followed=followed,
        median_ms=round(median(took)) if took else None,
        timed=len(took),
    )


def _chart(days: list[date], counts: Counter[date]) -> Chart:
    labels = [f"{day:%b} {day.day}" for day in days]
    decided = Series("decisions", "own-bar", [counts[day] for day in days])
    return columns("pace", f"Decisions a day, the last {DAYS} days", labels, [decided], of="Day")


def _by_day(rows: models.QuerySet[Decision]) -> Counter[date]:
    days = rows.order_by().annotate(day=TruncDate("created_at")).values_list("day").annotate(number=Count("pk"))
    return Counter(dict(days))


def _times(rows: models.QuerySet[Decision]) -> list[float]:
    """Milliseconds from claim to decision of the newest ones. Those of a group were decided at once: no time each."""
    alone = rows.filter(claimed_at__isnull=False, batch="").order_by("-created_at")
    return [
        (decided - claimed).total_seconds() * 1000
        for decided, claimed in alone.values_list("created_at", "claimed_at")[:TIMED]
        if claimed
    ]
