"""The steps that a reviewer may tick for a retry: those in question, and what failed or was done."""

from collections.abc import Collection
from dataclasses import dataclass

from escalations.models import Escalation, Kind
from operations.models import Step
from operations.states import Reason, StepStatus

SHOWN = 60
OFFERED = (StepStatus.FAILED, StepStatus.COMPLETED)


@dataclass(frozen=True)
class Tick:
    """A step, what it is called, where it is, and whether it is ticked."""

    step_id: str
    words: str
    status: str
    is_chosen: bool


@dataclass(frozen=True)
class Ticks:
    """The ticks that a page shows, and how many it leaves out."""

    rows: list[Tick]
    left_out: int


def ticks(escalation: Escalation, chosen: Collection[str] | None = None) -> Ticks | None:
    """What a retry may run again, with ``chosen`` ticked, else the steps in question. None where there is no choice."""
    if Kind.RETRY not in escalation.offered or escalation.reason == Reason.BUDGET_SPENT:
        return None
    asked = set(escalation.steps)
    ticked = asked if chosen is None else set(chosen)
    steps = [step for step in escalation.operation.steps.all() if step.step_id in asked or step.status in OFFERED]
    steps.sort(key=lambda step: (step.step_id not in asked, step.status != StepStatus.FAILED))
    rows = [_tick(step, step.step_id in ticked) for step in steps[:SHOWN]]
    return Ticks(rows, len(steps) - len(rows)) if len(rows) > 1 else None


def _tick(step: Step, is_chosen: bool) -> Tick:
    return Tick(step.step_id, step.named, step.get_status_display().lower(), is_chosen)


def known(escalation: Escalation, names: Collection[str]) -> list[str]:
    """Those of ``names`` that are steps of the operation."""
    return [step.step_id for step in escalation.operation.steps.all() if step.step_id in set(names)]
