"""How far operations are: steps done of all, what runs now in words, and how long it may still take."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.utils import timezone

from operations.masking.hiding import text
from operations.models import Operation, Step
from operations.showing import duration, shortened, visible
from operations.states import STEP_ENDED, StepStatus

ENOUGH = 0.1  # of the work: before that nobody can say how long the rest takes
SOONEST = 3.0  # seconds


@dataclass(frozen=True)
class Progress:
    """Steps by state, and those that run now, each as a few words with the share of it that is done."""

    states: Counter[str]
    running: list[tuple[str, float]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.states.total()

    @property
    def done(self) -> int:
        return sum(self.states[state] for state in STEP_ENDED)

    @property
    def share(self) -> float:
        """From 0 to 1, with what the running steps tell of themselves."""
        return min(1.0, (self.done + sum(share for _, share in self.running)) / self.total) if self.total else 0.0

    @property
    def now(self) -> str:
        """What runs, in words: "upload Broward NAL, and 3 more"."""
        if not self.running:
            return ""
        more = len(self.running) - 1
        return self.running[0][0] + (f", and {more} more" if more else "")

    @property
    def kept(self) -> int:
        """How many have a result."""
        return self.states[StepStatus.COMPLETED]

    @property
    def unbegun(self) -> int:
        return self.states[StepStatus.PENDING] + self.states[StepStatus.AWAITING_APPROVAL]


def progress_of(operations: Iterable[Operation]) -> dict[str, Progress]:
    """The progress of each by its id, in two queries however many they are."""
    ids = [operation.pk for operation in operations]
    if not ids:
        return {}
    steps = Step.objects.filter(operation_id__in=ids).order_by()
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for pk, status, number in steps.values_list("operation_id", "status").annotate(Count("pk")):
        states[pk][status] = number
    running: dict[str, list[tuple[str, float]]] = defaultdict(list)
    called = steps.filter(status=StepStatus.RUNNING, for_each__isnull=True).order_by("position", "index")
    for step in called.values("operation_id", "action", "label", "progress"):
        running[step["operation_id"]].append((_words(step), _share(step["progress"])))
    return {pk: Progress(states[pk], running[pk]) for pk in ids}


def left(operation: Operation, progress: Progress) -> str:
    """How long the rest may take at the pace so far, in words; empty where that cannot be said yet."""
    if not operation.is_moving or not operation.started_at:
        return ""
    elapsed = (timezone.now() - operation.started_at).total_seconds()
    if progress.share < ENOUGH or elapsed < SOONEST:
        return ""
    seconds = round(elapsed * (1 - progress.share) / progress.share)
    return "nearly done" if seconds < 1 else f"about {duration(seconds * 1000)} left"


def until_limit(operation: Operation) -> str:
    """How long it may still take before its time limit ends it, in words."""
    if not operation.is_moving or not operation.deadline_at:
        return ""
    seconds = (operation.deadline_at - timezone.now()).total_seconds()
    return f"time limit in {duration(round(seconds) * 1000)}" if seconds > 0 else "time limit reached"


def _words(step: Mapping[str, Any]) -> str:
    return shortened(visible(text(f"{step['action'].replace('_', ' ')} {step['label']}".strip())), 80)


def _share(told: Any) -> float:
    """What a worker says of its call: ``{"done", "total"}``."""
    done, total = (told.get("done"), told.get("total")) if isinstance(told, dict) else (None, None)
    if not isinstance(done, int | float) or not isinstance(total, int | float) or total <= 0:
        return 0.0
    return max(0.0, min(1.0, done / total))
