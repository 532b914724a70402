"""How long operations and their steps took, as samples that a client can compare and test."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from operations.models import Event, Operation, Step
from operations.states import MOVING, RESTING, Status, StepStatus

Json = dict[str, Any]
Interval = tuple[datetime, datetime]

MOST_OPERATIONS = 2_000
MOST_STEPS = 50_000
MOST_SAMPLES = 1_000  # in a group


def measure(operations: QuerySet[Operation], since: datetime, until: datetime) -> Json:
    """The durations of those of ``operations`` that were created in [since, until) and rest now.

    The newest ones where there are very many: ``truncated`` says so. Times are in milliseconds; a group has at most
    the newest thousand of each.
    """
    window = operations.filter(created_at__gte=since, created_at__lt=until).exclude(status__in=MOVING)
    known = window.annotate(asked_people=_was(Status.ESCALATING), rested=_was(*RESTING - {Status.COMPLETED}))
    newest = known.order_by("-created_at")[: MOST_OPERATIONS + 1]
    fields = "pk operation_type status plan_source asked_people rested created_at started_at ended_at"
    rows = list(newest.values(*fields.split()))
    steps = _steps(window)
    return {
        "operations": _by_type(rows[:MOST_OPERATIONS], _busy(steps)),
        "steps": _by_action(steps),
        "truncated": len(rows) > MOST_OPERATIONS or len(steps) == MOST_STEPS,
    }


def _was(*statuses: Status) -> Exists:
    """Was the operation ever in one of these?"""
    return Exists(Event.objects.filter(operation=OuterRef("pk"), kind__in=statuses))


def _steps(window: QuerySet[Operation]) -> list[Json]:
    """The steps that ran, of the newest operations; a template stands only for its instances."""
    newest = window.order_by("-created_at").values("pk")[:MOST_OPERATIONS]
    ran = Step.objects.filter(operation__in=newest, for_each__isnull=True, started_at__isnull=False)
    fields = "operation_id operation__operation_type worker action status attempts started_at finished_at"
    return list(ran.filter(finished_at__isnull=False).order_by("-started_at").values(*fields.split())[:MOST_STEPS])


def _busy(steps: Iterable[Json]) -> dict[str, float]:
    """For each operation the milliseconds in which at least one of its steps was running."""
    intervals: dict[str, list[Interval]] = defaultdict(list)
    for step in steps:
        intervals[step["operation_id"]].append((step["started_at"], step["finished_at"]))
    return {pk: covered(found) for pk, found in intervals.items()}


def covered(intervals: Iterable[Interval]) -> float:
    """The milliseconds that lie in at least one of ``intervals``."""
    edges = sorted(edge for begin, end in intervals for edge in ((begin, 1), (end, -1)))
    total, depth = 0.0, 0
    for (moment, change), (following, _) in pairwise(edges):
        depth += change
        if depth > 0:
            total += milliseconds(moment, following)
    return total


def _by_type(rows: Iterable[Json], busy: dict[str, float]) -> list[Json]:
    groups: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        groups[row["operation_type"]].append(row)
    return [{"operation_type": kind, **_operations(found, busy)} for kind, found in sorted(groups.items())]


def _operations(rows: list[Json], busy: dict[str, float]) -> Json:
    """What is told of one type. Only what ran through from start to end is timed: not a plan that was only shown, and
    nothing that rested meanwhile, since how long a person took says nothing about Concord."""
    ran = [row for row in rows if row["status"] == Status.COMPLETED and row["plan_source"] and row["started_at"]]
    through = [row for row in ran if not row["rested"]]
    work = [(row["pk"], milliseconds(row["started_at"], row["ended_at"])) for row in through]
    return {
        "count": len(rows),
        "failed": sum(row["status"] == Status.FAILED for row in rows),
        "asked_people": sum(row["asked_people"] for row in rows),
        "wait_ms": _samples(milliseconds(row["created_at"], row["started_at"]) for row in rows if row["started_at"]),
        "work_ms": _samples(took for _, took in work),
        "between_ms": _samples(max(0.0, took - busy.get(pk, 0.0)) for pk, took in work),
    }


def _by_action(steps: Iterable[Json]) -> list[Json]:
    groups: dict[tuple[str, str, str], list[Json]] = defaultdict(list)
    for step in steps:
        groups[step["operation__operation_type"], step["worker"], step["action"]].append(step)
    return [
        {"operation_type": kind, "worker": worker, "action": action, **_calls(found)}
        for (kind, worker, action), found in sorted(groups.items())
    ]


def _calls(steps: list[Json]) -> Json:
    completed = [step for step in steps if step["status"] == StepStatus.COMPLETED]
    times = [milliseconds(step["started_at"], step["finished_at"]) for step in completed]
    by_operation: dict[str, list[float]] = defaultdict(list)
    for step, took in zip(completed, times, strict=True):
        by_operation[step["operation_id"]].append(took)
    return {
        "count": len(steps),
        "failed": sum(step["status"] == StepStatus.FAILED for step in steps),
        "retried": sum(step["attempts"] > 1 for step in steps),
        "total_ms": round(sum(times), 1),
        "duration_ms": _samples(times),
        # The branches of one operation share their fate: one sample each, for whoever tests by samples.
        "per_operation_ms": _samples(median(found) for found in by_operation.values()),
    }


def milliseconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() * 1000


def _samples(values: Iterable[float]) -> list[float]:
    return [round(value, 1) for value in values][:MOST_SAMPLES]
