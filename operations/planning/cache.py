"""Plans of a model that proved themselves, by the question that they answer: the second such operation asks nobody."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from operations.models import Operation, PlanCache
from operations.states import Planner

MOST = 1000  # rows; those that were not used for the longest time go first
UNPROVEN_FOR = timedelta(days=30)


def find(key: str) -> PlanCache | None:
    """The newest proven plan for a question."""
    return PlanCache.objects.filter(key=key, proven_at__isnull=False).order_by("-proven_at").first()


def used(row: PlanCache) -> None:
    """Count a hit."""
    PlanCache.objects.filter(pk=row.pk).update(hits=F("hits") + 1, used_at=timezone.now())


def keep(operation: Operation, key: str, lines: list[str]) -> PlanCache:
    """Keep a plan that was just made, until it has proved itself."""
    return PlanCache.objects.create(
        key=key,
        operation_type=operation.operation_type,
        goal=operation.parameters.get("goal", ""),
        lines=lines,
        model=settings.OPENAI_MODEL,
    )


def proven(operation: Operation) -> None:
    """The operation completed with its plan, unchanged: from now on the plan serves others."""
    if operation.plan_cache_id is None or operation.plan_source != Planner.REWOO:
        return
    row = PlanCache.objects.filter(pk=operation.plan_cache_id, proven_at__isnull=True)
    if row.update(proven_at=timezone.now()):
        _tidy(PlanCache.objects.get(pk=operation.plan_cache_id))


def drop(operation: Operation) -> None:
    """A person rejected what came of the plan, or it does not fit any more: nobody shall be planned with it again."""
    if operation.plan_cache_id is not None:
        PlanCache.objects.filter(pk=operation.plan_cache_id).delete()


def _tidy(newest: PlanCache) -> None:
    """Let go of what the newest plan replaces, of what never proved itself, and of what is too much."""
    PlanCache.objects.filter(key=newest.key, proven_at__isnull=False).exclude(pk=newest.pk).delete()
    PlanCache.objects.filter(proven_at__isnull=True, created_at__lt=timezone.now() - UNPROVEN_FOR).delete()
    beyond = list(PlanCache.objects.order_by("-used_at").values_list("pk", flat=True)[MOST : MOST * 2])
    if beyond:
        PlanCache.objects.filter(pk__in=beyond).delete()


def rate() -> dict[str, Any]:
    """Of the operations that a model was to plan: how many were planned from the cache, by how many plans."""
    planned = Operation.objects.filter(plan_source__in=[Planner.CACHE, Planner.REWOO])
    hits = planned.filter(plan_source=Planner.CACHE).count()
    total = planned.count()
    return {"hits": hits, "planned": total, "rate": hits / total if total else None}
