"""An operation's history for people: who did what when, by days, what only machines care for folded away."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from operations.models import Event, Operation
from operations.states import Status

EVENTS = 100  # on a page
FEW = 3  # lines alike that stand one by one

WORDS: dict[str, str] = {
    Status.PLANNING: "planning",
    Status.EXECUTING: "runs",
    Status.VALIDATING: "checks the results",
    Status.ESCALATING: "asks a person",
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.REJECTED: "rejected",
    "step_failed": "a step failed",
    "step_retry": "tries a step again",
    "decision": "decided",
    "judging": "asks a model's opinion",
    "judged": "has a model's opinion",
    "rung": "rung for",
    "turn": "the model's next step",
    "planner": "chose how to plan",
    "replanned": "planned anew",
}
NOISE = frozenset({Status.VALIDATING, "step_retry", "rung", "judging", "planner", "turn"})


@dataclass(frozen=True)
class Entry:
    """One event, or several alike in a row of which only the number is shown at first."""

    events: list[Event]
    words: str

    @property
    def event(self) -> Event:
        return self.events[0]

    @property
    def is_folded(self) -> bool:
        return len(self.events) > 1


@dataclass(frozen=True)
class History:
    """Days with their entries, the newest first; ``next`` leads to what is older, ``before`` is where this begins."""

    days: list[tuple[date, list[Entry]]] = field(default_factory=list)
    next: int | None = None
    before: int | None = None


def history_of(operation: Operation, before: str = "") -> History:
    """The newest events of ``operation``, or those before the event with the number ``before``, in one query."""
    start = int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None
    rows = operation.events.defer("data").order_by("-id")
    found = list((rows if start is None else rows.filter(pk__lt=start))[: EVENTS + 1])
    shown = found[:EVENTS]
    days = groupby(shown, lambda event: event.created_at.date())
    return History(
        days=[(day, list(_entries(events))) for day, events in days],
        next=shown[-1].pk if len(found) > EVENTS else None,
        before=start,
    )


def _entries(events: Iterable[Event]) -> Iterable[Entry]:
    for (kind, actor), group in groupby(events, lambda event: (event.kind, event.actor)):
        alike = list(group)
        words = WORDS.get(kind, kind.replace("_", " "))
        if not actor and len(alike) > (1 if kind in NOISE else FEW):
            yield Entry(alike, words)
        else:
            yield from (Entry([event], words) for event in alike)
