"""What the workers do and did: the steps that run, those of the last hour, and the newest errors."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Substr
from django.utils import timezone

from operations.models import Operation, Step
from operations.states import MOVING, Status, StepStatus

Json = dict[str, Any]
Name = tuple[str, str]  # worker, action

HOUR = timedelta(hours=1)
MOST = 5_000  # calls that durations are taken of
ERRORS, RUNNING = 20, 20


@dataclass(frozen=True)
class Calls:
    """The calls of a worker or of one of its actions in the last hour; durations in ms, None where none completed."""

    number: int = 0
    failed: int = 0
    p50: int | None = None
    p95: int | None = None


def last_hour(worker: str = "") -> dict[Name, Calls]:
    """The calls that ended in the last hour, by worker and action, and by worker with an empty action. Two queries."""
    steps = _ended(worker)
    failed = Count("pk", filter=Q(status=StepStatus.FAILED))
    counted: dict[Name, list[int]] = defaultdict(lambda: [0, 0])
    for name, action, number, bad in steps.order_by().values_list("worker", "action").annotate(Count("pk"), bad=failed):
        for group in ((name, action), (name, "")):
            counted[group][0] += number
            counted[group][1] += bad
    took = _durations(steps)
    return {group: Calls(number, bad, *_spread(took[group])) for group, (number, bad) in counted.items()}


def _ended(worker: str) -> QuerySet[Step]:
    """The calls that ended in the last hour, found by their operations: these moved since, or still do."""
    since = timezone.now() - HOUR
    resting = Q(status=Status.ESCALATING, updated_at__gte=since) | Q(ended_at__gte=since)
    operations = Operation.objects.filter(Q(status__in=MOVING) | resting)
    called = Q(started_at__isnull=False, finished_at__gte=since, for_each__isnull=True)
    steps = Step.objects.filter(called, operation__in=operations)
    return steps.filter(worker=worker) if worker else steps


def _durations(steps: QuerySet[Step]) -> dict[Name, list[float]]:
    took: dict[Name, list[float]] = defaultdict(list)
    completed = steps.filter(status=StepStatus.COMPLETED).order_by("-finished_at")
    for name, action, began, ended in completed.values_list("worker", "action", "started_at", "finished_at")[:MOST]:
        for group in ((name, action), (name, "")):
            took[group].append((ended - began).total_seconds() if began and ended else 0.0)
    return took


def _spread(seconds: Iterable[float]) -> tuple[int | None, int | None]:
    """The median and the 95th percentile (nearest rank), in milliseconds."""
    found = sorted(seconds)
    if not found:
        return None, None
    p50, p95 = (found[math.ceil(share * len(found)) - 1] for share in (0.5, 0.95))
    return round(p50 * 1000), round(p95 * 1000)


def at_work(worker: str) -> list[Step]:
    """The steps that the worker runs now, those first that have run longest; without their large columns."""
    steps = Step.objects.filter(worker=worker, status=StepStatus.RUNNING, operation__status__in=MOVING)
    return list(steps.only("operation_id", "step_id", "action", "label", "started_at").order_by("started_at")[:RUNNING])


def at_work_numbers() -> dict[str, int]:
    """How many steps each worker runs now."""
    running = Step.objects.filter(status=StepStatus.RUNNING, for_each__isnull=True, operation__status__in=MOVING)
    return dict(running.order_by().values_list("worker").annotate(Count("pk")))


def errors(worker: str) -> list[Any]:
    """The worker's newest failed steps, each with the beginning of its error."""
    failed = Step.objects.filter(worker=worker, status=StepStatus.FAILED, finished_at__isnull=False)
    rows = failed.order_by("-finished_at").annotate(words=Substr("error", 1, 300))
    return list(rows.values("operation_id", "step_id", "action", "label", "words", "attempts", "finished_at")[:ERRORS])
