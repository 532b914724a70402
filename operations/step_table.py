"""The steps that a page shows: of many the telling ones, each with when it ran, the first with what went in and out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from operations.evidence_taken import Taken, taken_by
from operations.masking.hiding import text
from operations.models import Operation, Step
from operations.showing import duration, shortened, visible
from operations.states import StepStatus
from operations.values import is_number

ROWS = 120
DETAILED = 24  # steps whose arguments and results are on the page; the others have theirs on pages of their own
# Shown first where there are too many steps to show all.
TELLING = (StepStatus.FAILED, StepStatus.AWAITING_APPROVAL, StepStatus.RUNNING)
HEAVY = ("arguments", "result", "item", "for_each", "validation", "expected_output")


@dataclass(frozen=True)
class Bar:
    """When a step ran, in thousandths of the time from the first start to the last end; in words, too."""

    at: int
    width: int
    words: str


@dataclass(frozen=True)
class Row:
    """A step. ``arguments``, ``result`` and ``taken`` only where ``is_detailed``."""

    step: Step
    bar: Bar | None
    progress: "Progress | None"
    is_concerned: bool = False
    is_detailed: bool = False
    arguments: Any = None
    result: Any = None
    taken: tuple[Taken, ...] = ()

    @property
    def label(self) -> str:
        """Not that of a template, which only says where its branches have theirs from."""
        return "" if self.step.label.startswith("#item") else self.step.label


@dataclass(frozen=True)
class Progress:
    """How far a call is, as its worker said: ``done`` of ``total`` (None: unknown), its message, and its pace."""

    done: float
    total: float | None
    message: str
    rate: str


@dataclass(frozen=True)
class StepTable:
    """Some rows, and how many steps they leave out."""

    rows: list[Row]
    left_out: int


def step_table(operation: Operation, first: Collection[str] = ()) -> StepTable:
    """The steps of ``operation``, in a constant number of queries. Those named ``first`` come first where many are."""
    # Without what may be large: 10,000 results must not be read to show a few.
    steps = Step.objects.filter(operation=operation)  # not operation.steps, which may be there without results
    light = list(steps.values_list("pk", "step_id", "status"))
    named = set(first)
    ranked = sorted(light, key=lambda row: (row[1] not in named, row[2] not in TELLING))
    chosen = [pk for pk, _, _ in ranked[:ROWS]]
    detailed = _detailed(operation, [pk for pk, _, _ in ranked[:DETAILED]])
    return StepTable(
        rows=_rows(list(steps.defer(*HEAVY).filter(pk__in=chosen)), detailed, named),
        left_out=len(light) - len(chosen),
    )


def call_progress(step: Step) -> Progress | None:
    """What a running step's worker said of its progress; None where it said nothing that can be shown."""
    given = step.progress
    if step.status != StepStatus.RUNNING or not isinstance(given, dict) or not is_number(given.get("done")):
        return None
    total = given.get("total")
    return Progress(
        done=given["done"],
        total=total if is_number(total) and total > 0 else None,
        message=shortened(visible(text(given.get("message") or "")), 160),
        rate=_rate(given["done"], step.started_at),
    )


def bars(steps: Iterable[Step]) -> dict[int, Bar]:
    """When each of ``steps`` ran, by primary key; a running one until now. Templates, which are never tried, do not."""
    now = timezone.now()
    ran = {step.pk: (step.started_at, step.finished_at or now) for step in steps if step.started_at and step.attempts}
    if not ran:
        return {}
    start, end = min(began for began, _ in ran.values()), max(ended for _, ended in ran.values())
    return {pk: _bar(began, ended, start, end) for pk, (began, ended) in ran.items()}


def _bar(began: datetime, ended: datetime, start: datetime, end: datetime) -> Bar:
    whole = (end - start).total_seconds() or 1
    after, took = (began - start).total_seconds(), max(0.0, (ended - began).total_seconds())
    width = max(12, round(1000 * took / whole))
    words = f"began {duration(round(after * 1000))} after the first, ran {duration(round(took * 1000))}"
    return Bar(min(round(1000 * after / whole), 1000 - width), width, words)


def _rate(done: float, since: datetime | None) -> str:
    seconds = (timezone.now() - since).total_seconds() if since else 0
    return f"{done / seconds:,.0f} a second" if seconds >= 1 and done >= seconds else ""


def _detailed(operation: Operation, chosen: list[int]) -> dict[int, tuple[Step, tuple[Taken, ...]]]:
    """The chosen steps whole, with what they took from others."""
    whole = list(Step.objects.filter(pk__in=chosen))
    taken = taken_by(operation, whole)
    return {step.pk: (step, taken[step.pk]) for step in whole}


def _rows(steps: list[Step], detailed: dict[int, tuple[Step, tuple[Taken, ...]]], named: set[str]) -> list[Row]:
    drawn = bars(steps)
    rows = []
    for step in steps:
        row: dict[str, Any] = {"bar": drawn.get(step.pk), "progress": call_progress(step)}
        row["is_concerned"] = step.step_id in named
        if found := detailed.get(step.pk):
            whole, taken = found
            row |= {"is_detailed": True, "arguments": whole.arguments, "result": whole.result, "taken": taken}
        rows.append(Row(step, **row))
    return rows
