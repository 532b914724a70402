"""How things stand at this moment: what is under way, what waits for a person, and what waits for a queue worker."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce

from escalations.models import Escalation
from operations.fleet.state import state
from operations.models import Operation, Step
from operations.states import MOVING, STEP_ENDED, Status
from workers.models import RegisteredWorker

Json = dict[str, Any]

LONGEST = 5
# How long a question has been waiting: up to so long, in these words.
AGES = (
    (timedelta(minutes=15), "15 min"),
    (timedelta(hours=1), "1 h"),
    (timedelta(hours=4), "4 h"),
    (timedelta(days=1), "1 d"),
    (timedelta(days=3), "3 d"),
)


def under_way() -> Json:
    """How many operations are in each moving status, and those that have been at it longest, with their progress."""
    moving = Operation.objects.filter(status__in=MOVING)
    counted = dict(moving.order_by().values_list("status").annotate(Count("pk")))
    # By an expression: by the bare column SQLite would look for them among all operations from the first one on.
    oldest = moving.only("operation_type", "status", "created_at").order_by(Coalesce("created_at", "updated_at"))
    longest = list(oldest[:LONGEST])
    return {
        "number": sum(counted.values()),
        "phases": [(Status(status).label, counted[status]) for status in Status if counted.get(status)],
        "longest": [(operation, progress) for operation, progress in zip(longest, _progress(longest), strict=True)],
    }


def _progress(operations: list[Operation]) -> list[Json]:
    """How many steps of each there are, and how many have ended; a template stands only for its instances."""
    steps = Step.objects.filter(operation__in=operations, for_each__isnull=True).order_by()
    ended = Count("pk", filter=Q(status__in=STEP_ENDED))
    rows = steps.values_list("operation_id").annotate(total=Count("pk"), done=ended)
    found = {pk: {"total": total, "done": done} for pk, total, done in rows}
    return [found.get(operation.pk, {"total": 0, "done": 0}) for operation in operations]


def waiting(now: datetime) -> Json:
    """The open questions: how many, since when, and how many of each age."""
    bounds = [None, *[now - age for age, _ in AGES], None]
    ages = {
        f"age_{place}": Count("pk", filter=_between(bounds[place], bounds[place + 1])) for place in range(len(AGES) + 1)
    }
    found = Escalation.objects.open().order_by().aggregate(number=Count("pk"), oldest=Min("created_at"), **ages)
    return {
        "number": found["number"],
        "oldest": found["oldest"],
        "ages": [found[f"age_{place}"] for place in range(len(AGES) + 1)],
    }


def _between(newest: datetime | None, oldest: datetime | None) -> Q:
    return Q(**({"created_at__lte": newest} if newest else {}), **({"created_at__gt": oldest} if oldest else {}))


def ready(now: datetime) -> Json:
    """The operations that a queue worker could take up, and how many seconds the first of them has been waiting."""
    found = Operation.objects.ready(now).order_by().aggregate(number=Count("pk"), oldest=Min("wake_at"))
    seconds = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    return {"number": found["number"], "wait_ms": round(seconds * 1000)}


def workers() -> list[tuple[str, Json]]:
    """The name of each worker, and how it is."""
    return [(worker.name, state(worker)) for worker in RegisteredWorker.objects.defer("manifest")]
