"""What the history of operations adds up to: moves, phases, waits, ends, and the steps of each stretch of executing."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Subquery

from concord.metrics import families
from concord.metrics.batches import SIZE, Batch, batch
from concord.metrics.families import Rise
from escalations.dashboard.savings import BASELINE, BY_A_MODEL
from operations.models import Event, Step
from operations.states import ENDED, Status, StepStatus

COUNTED = {"step_retry": families.STEP_RETRIES, "rescued": families.RESCUES}
MADE = {Status.EXECUTING, Status.COMPLETED, Status.ESCALATING}  # where planning leads with a plan in hand

OF_OPERATION = {
    "operation_type": "operation_type",
    "posted_at": "created_at",
    "started_at": "started_at",
    "plan_source": "plan_source",
    "confidence": "confidence_score",
    "token_usage": "token_usage",
}


def read(after: int, until: datetime) -> Batch:
    """The events after that id, and what they add."""
    before = Event.objects.filter(operation=OuterRef("operation"), id__lt=OuterRef("id"), kind__in=Status.values)
    before = before.order_by("-id")
    rows = Event.objects.filter(id__gt=after).order_by("id")
    found = rows.annotate(
        was=Subquery(before.values("kind")[:1]),
        since=Subquery(before.values("created_at")[:1]),
        **{name: F(f"operation__{field}") for name, field in OF_OPERATION.items()},
    ).values_list("id", "kind", "created_at", "operation_id", "was", "since", *OF_OPERATION, named=True)
    taken = batch(found[:SIZE], after, until)
    for row in taken.rows:
        _add(row, taken.rise)
    _add_steps([row for row in taken.rows if row.was == Status.EXECUTING and row.kind in Status.values], taken.rise)
    return taken


def _add(row: Any, rise: Rise) -> None:
    if family := COUNTED.get(row.kind):
        rise.count(family)
    if row.kind not in Status.values:
        return
    rise.count(families.MOVES, row.operation_type, row.kind)
    if row.was:
        rise.observe(families.PHASE_SECONDS, _seconds(row.since, row.created_at), row.was)
    if row.was == Status.PLANNING:
        _add_planning(row, rise)
    if row.was == Status.VALIDATING and row.confidence is not None:
        rise.observe(families.CONFIDENCE, row.confidence, row.operation_type)
    if row.kind in ENDED:
        _add_end(row, rise)


def _add_planning(row: Any, rise: Rise) -> None:
    if row.started_at and row.started_at >= row.posted_at and row.since <= row.started_at:  # not: planned once more
        rise.observe(families.QUEUE_WAIT, _seconds(row.posted_at, row.started_at))
    if row.kind in MADE and row.plan_source:
        rise.count(families.PLANS, row.plan_source)


def _add_end(row: Any, rise: Rise) -> None:
    rise.observe(families.OPERATION_SECONDS, _seconds(row.posted_at, row.created_at), row.operation_type, row.kind)
    if row.kind == Status.COMPLETED and (row.token_usage or row.plan_source in BY_A_MODEL):
        rise.count(families.BASELINE_TOKENS, by=BASELINE)


def _add_steps(rows: list[Any], rise: Rise) -> None:
    """The steps that ended between the beginning and the end of each stretch of executing."""
    stretches = defaultdict(list)
    for row in rows:
        stretches[row.operation_id].append((row.since, row.created_at))
    ended = Step.objects.filter(operation_id__in=stretches, finished_at__isnull=False, for_each__isnull=True)
    names = ("operation_id", "worker", "action", "status", "started_at", "finished_at")
    for operation_id, worker, action, status, started, finished in ended.order_by().values_list(*names).iterator():
        if any(begin <= finished <= end for begin, end in stretches[operation_id] if finished):
            rise.count(families.STEPS, worker, action, status)
            if started and status in (StepStatus.COMPLETED, StepStatus.FAILED):
                rise.observe(families.STEP_SECONDS, _seconds(started, finished), worker, action)


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()
