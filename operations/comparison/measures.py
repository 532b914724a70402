"""What one operation cost in one way of planning, read from the API as any client could."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from workers import tokens

Json = dict[str, Any]


@dataclass(frozen=True)
class Measure:
    """One operation: its model calls and tokens, its time, and what came of it.

    ``worker_seconds`` are those in which at least one step was under way; the rest is coordination.
    """

    operation_type: str
    way: str
    run: int
    operation_id: str
    status: str
    plan_source: str
    calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    estimated_calls: int
    by_purpose: dict[str, int]
    steps: int
    observation_tokens: dict[str, int]
    seconds: float
    worker_seconds: float
    outcome: Any = field(repr=False)
    fixed_prompt_tokens: int | None = None
    counted_by_server: int | None = None

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def planning_tokens(self) -> int:
        return self.by_purpose.get("planning", 0)

    def as_json(self) -> Json:
        shown = asdict(self)
        del shown["outcome"]
        return shown | {"tokens": self.tokens, "coordination_seconds": round(self.seconds - self.worker_seconds, 2)}


def measure(way: str, run: int, operation: Json, calls: list[Json], seconds: float, outcome: Any) -> Measure:
    """What ``operation`` cost, with its model ``calls``, all as the API tells them, and the client's ``seconds``."""
    by_purpose: dict[str, int] = defaultdict(int)
    for call in calls:
        by_purpose[call["purpose"]] += call["prompt_tokens"] + call["completion_tokens"]
    steps = operation["steps"]
    return Measure(
        operation_type=operation["operation_type"],
        way=way,
        run=run,
        operation_id=operation["operation_id"],
        status=operation["status"],
        plan_source=operation["plan_source"] or "",
        calls=len(calls),
        prompt_tokens=sum(call["prompt_tokens"] for call in calls),
        cached_tokens=sum(call["cached_tokens"] for call in calls),
        completion_tokens=sum(call["completion_tokens"] for call in calls),
        estimated_calls=sum(bool(call.get("estimated")) for call in calls),
        by_purpose=dict(by_purpose),
        steps=sum("[" not in step["id"] for step in steps),
        observation_tokens=observation_tokens(steps),
        seconds=round(seconds, 2),
        worker_seconds=round(busy_seconds(steps), 2),
        outcome=outcome,
    )


def observation_tokens(steps: Iterable[Json]) -> dict[str, int]:
    """The tokens of what each planned step brought, as compact JSON: a step that goes over a list brought a list."""
    brought: dict[str, list[Any]] = defaultdict(list)
    for step in steps:
        if step["result"] is not None:
            brought[step["id"].partition("[")[0]].append(step["result"])
    return {
        step_id: tokens.count(json.dumps(results, ensure_ascii=False, separators=(",", ":")))
        for step_id, results in brought.items()
    }


def busy_seconds(steps: Iterable[Json]) -> float:
    """The seconds in which at least one step was under way. Steps that only stand for their instances do not count."""
    steps = list(steps)
    templates = {step["id"].partition("[")[0] for step in steps if "[" in step["id"]}
    spans = sorted(
        (datetime.fromisoformat(step["started_at"]), datetime.fromisoformat(step["finished_at"]))
        for step in steps
        if step["id"] not in templates and step["started_at"] and step["finished_at"]
    )
    busy, until = 0.0, None
    for begun, ended in spans:
        begun = max(begun, until) if until else begun
        if ended > begun:
            busy += (ended - begun).total_seconds()
        until = max(ended, until) if until else ended
    return busy
