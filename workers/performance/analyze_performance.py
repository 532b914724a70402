"""analyze_performance: how long operations and steps take, what became slower, and where the time goes."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.db import DatabaseError, connections
from django.utils import timezone
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import concord_api, databases
from workers.contract import ActionError, Call, action
from workers.databases import Statements
from workers.performance import bottleneck
from workers.performance.bottleneck import Bottleneck, Share
from workers.performance.comparison import TEST, Change, Compared, Series, Spread, compare, spread
from workers.warehouse import ALIAS

Json = dict[str, Any]

NEWEST_ONLY = "There were more operations than are looked at: the figures are of the newest ones of each period."


class Operations(TypedDict):
    """The recent operations of one type. A spread is null where there is no sample."""

    operation_type: str
    count: int
    failed: int
    asked_people: int
    wait: Spread | None
    work: Spread | None
    between_steps: Spread | None


class Steps(TypedDict):
    """The recent calls of one action in one type of operation."""

    operation_type: str
    step: str
    count: int
    failed: int
    retried: int
    duration: Spread | None


class Slow(TypedDict):
    """The statements that took most time in Concord's database and in the warehouse."""

    concord: Statements
    warehouse: Statements


class Analysis(TypedDict):
    """``regressions``: what became slower; ``compared``: in how many comparisons; ``too_few``: what has no past yet."""

    since: str
    until: str
    compared_with: str
    operations: list[Operations]
    steps: list[Steps]
    test: str
    compared: int
    too_few: list[str]
    regressions: list[Change]
    improvements: list[Change]
    time_spent: list[Share]
    bottleneck: Bottleneck | None
    slow_statements: Slow
    truncated: bool
    summary: list[str]


@action(read_only=True, expected_seconds=3)
def analyze_performance(
    call: Call,
    hours: Annotated[float, Field(gt=0, le=24 * 31, description="What is recent: the last so many hours.")] = 24,
    baseline_days: Annotated[float, Field(gt=0, le=366, description="The past: so many days before that.")] = 7,
    operation_type: Annotated[str, Field(description="Only operations of this type; empty means all.")] = "",
    alpha: Annotated[float, Field(gt=0, lt=1, description="The chance of calling anything changed by mistake.")] = 0.05,
    min_samples: Annotated[int, Field(ge=3, description="Operations needed on either side of a comparison.")] = 8,
    min_change: Annotated[float, Field(ge=0, description="The share by which a median must have moved.")] = 0.2,
    statements: Annotated[int, Field(ge=1, le=100, description="How many slow statements to tell.")] = 10,
) -> Analysis:
    """Latencies by operation type and step, queue waits, regressions against the past, slow queries, the bottleneck.

    Needs CONCORD_API_KEY with the scope read_all to see the operations of all clients.
    """
    now = timezone.now()
    since = now - timedelta(hours=hours)
    before = since - timedelta(days=baseline_days)
    recent = _durations(since, now, operation_type)
    call.progress(1, 3, "the recent durations are known")
    past = _durations(before, since, operation_type)
    call.progress(2, 3, "the past durations are known")
    changes = compare(list(_series(past, recent)), alpha=alpha, min_samples=min_samples, min_change=min_change)
    spent = bottleneck.shares(recent)
    worst = bottleneck.find(spent, hours)
    truncated = recent["truncated"] or past["truncated"]
    return {
        "since": since.isoformat(),
        "until": now.isoformat(),
        "compared_with": f"{before.isoformat()}/{since.isoformat()}",
        "operations": [_operations(group) for group in recent["operations"]],
        "steps": [_steps(group) for group in recent["steps"]],
        "test": TEST,
        "compared": changes.made,
        "too_few": changes.too_few,
        "regressions": changes.slower,
        "improvements": changes.quicker,
        "time_spent": spent,
        "bottleneck": worst,
        "slow_statements": _slow(statements),
        "truncated": truncated,
        "summary": [*_summary(recent, changes, worst, hours), *([NEWEST_ONLY] if truncated else [])],
    }


def _durations(since: datetime, until: datetime, operation_type: str) -> Json:
    only = {"operation_type": operation_type} if operation_type else {}
    return concord_api.get("/performance/durations", since=since.isoformat(), until=until.isoformat(), **only)


def _series(past: Json, recent: Json) -> Iterator[Series]:
    """What can be compared: of each type of operation its wait and its work, and of each of its steps the duration."""
    before = dict(_samples(past))
    for subject, samples in _samples(recent):
        yield Series(subject, before.get(subject, []), samples)


def _samples(durations: Json) -> Iterator[tuple[str, list[float]]]:
    for group in durations["operations"]:
        yield f"{group['operation_type']}, waiting for a queue worker", group["wait_ms"]
        yield f"{group['operation_type']}, from being taken up to the end", group["work_ms"]
        yield f"{group['operation_type']}, between steps", group["between_ms"]
    for group in durations["steps"]:
        yield f"{group['worker']}.{group['action']} in {group['operation_type']}", group["per_operation_ms"]


def _operations(group: Json) -> Operations:
    return {
        "operation_type": group["operation_type"],
        "count": group["count"],
        "failed": group["failed"],
        "asked_people": group["asked_people"],
        "wait": spread(group["wait_ms"]),
        "work": spread(group["work_ms"]),
        "between_steps": spread(group["between_ms"]),
    }


def _steps(group: Json) -> Steps:
    return {
        "operation_type": group["operation_type"],
        "step": f"{group['worker']}.{group['action']}",
        "count": group["count"],
        "failed": group["failed"],
        "retried": group["retried"],
        "duration": spread(group["duration_ms"]),
    }


def _slow(most: int) -> Slow:
    """The slow statements of both databases. One that cannot be asked says why."""
    try:
        concord = concord_api.get("/performance/statements", limit=most)
        told: Statements = {"reason": concord["reason"], "statements": concord["statements"]}
    except ActionError as error:
        told = {"reason": str(error), "statements": []}
    try:
        return {"concord": told, "warehouse": databases.slowest(connections[ALIAS], most)}
    except DatabaseError as error:
        reason = f"The warehouse does not answer: {str(error).splitlines()[0]}"
        return {"concord": told, "warehouse": {"reason": reason, "statements": []}}


def _summary(recent: Json, changes: Compared, worst: Bottleneck | None, hours: float) -> Iterable[str]:
    if not recent["operations"]:
        yield f"No operation ended in the last {hours:g} h, so there is nothing to analyze."
        return
    count, failed = (sum(group[name] for group in recent["operations"]) for name in ("count", "failed"))
    yield f"{count:,} operations in the last {hours:g} h, of which {failed:,} failed."
    if worst:
        yield f"{worst['words']}. {worst['advice']}"
    if not changes.made:
        yield "Nothing could be compared with the past: too few operations, there or now."
    else:
        yield f"{len(changes.slower)} of {changes.made} durations became slower, {len(changes.quicker)} quicker."
    yield from (change["words"] for change in changes.slower[:5])
