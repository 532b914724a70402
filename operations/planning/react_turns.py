"""What a step-by-step planner has said and seen so far: its turns, kept as events, and what its steps brought."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from operations.models import Operation, Step
from operations.states import Status, StepStatus

Json = dict[str, Any]

KIND = "turn"
MOST_CHARACTERS = 100_000  # of one observation; a model's window ends somewhere


class Misunderstood(Exception):
    """The model's answer is no next step; the text tells it why, so that it may answer better."""


@dataclass(frozen=True)
class Turn:
    """One answer of the model: its ``text``, its tool ``calls``, the ``steps`` that came of it, or what was wrong.

    ``version`` is the number of the plan that it is part of, ``style`` the way of asking.
    """

    version: int
    style: str
    text: str
    calls: list[Json] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    error: str = ""

    def as_json(self) -> Json:
        return asdict(self)


@dataclass(frozen=True)
class Next:
    """What the model wants done next: steps without ids, or nothing more."""

    steps: list[Json]
    finished: bool = False


def version(operation: Operation) -> int:
    """The number of the plan that is being made."""
    return operation.plan_version + (operation.status == Status.PLANNING)


def turns(operation: Operation) -> list[Turn]:
    """All turns of the plan that is being made, oldest first."""
    events = operation.events.filter(kind=KIND, data__version=version(operation))
    return [Turn(**event.data) for event in events if isinstance(event.data, dict)]


def observations(steps: Sequence[Step]) -> dict[str, str]:
    """What each planned step brought, by id, as compact JSON: one that goes over a list brought a list."""
    instances: dict[str, list[Json]] = {}
    for step in steps:
        if step.template:
            instances.setdefault(step.template, []).append(_told(step))
    told = {
        step.step_id: instances.get(step.step_id, []) if step.for_each is not None else _told(step)
        for step in steps
        if not step.template
    }
    return {step_id: _short(_compact(value)) for step_id, value in told.items()}


def _told(step: Step) -> Any:
    if step.status == StepStatus.COMPLETED:
        return step.result
    return {"status": step.status, "error": step.error}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}… (cut)"
