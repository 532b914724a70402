"""What the pages about an operation and about a step show of them besides their own fields."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from operations.doubts import sureness_of
from operations.evidence_taken import taken_by
from operations.history import history_of
from operations.masking.hiding import know
from operations.models import Operation, Step
from operations.picture import picture_of
from operations.picture.drawing import tally
from operations.rows_found import broken_rules, set_aside
from operations.states import StepStatus
from operations.step_table import TELLING, call_progress, step_table

BRANCHES = 50


def whole(operation: Operation, concerned: Collection[str] = (), before: str = "") -> dict[str, Any]:
    """Its plan as a picture, its steps, how sure it is, and its history before an event, for a template.

    Those of the steps that are ``concerned`` are marked, and come first where there are too many. The number of
    queries does not grow with the operation.
    """
    steps = step_table(operation, concerned)
    for row in steps.rows:
        know(row.arguments, row.result)  # what is read anyway, for the texts beside it
    return {
        "picture": picture_of(operation, concerned),
        "steps": steps,
        "sureness": sureness_of(operation),
        "history": history_of(operation, before),
    }


def one_step(operation: Operation, step: Step) -> dict[str, Any]:
    """What ``step`` took from others, how far it is, its branches, and the rows behind what it found."""
    return {
        "taken": taken_by(operation, [step])[step.pk],
        "progress": call_progress(step),
        "rules": broken_rules(step.result),
        "aside": set_aside(step),
        **(_branches(operation, step) if step.for_each is not None else {}),
    }


def _branches(operation: Operation, template: Step) -> dict[str, Any]:
    """The branches of a step that runs for each of a list: the telling ones first, and all in words."""
    rows = Step.objects.filter(operation=operation, template=template.step_id)
    light = list(rows.values_list("step_id", "status", "label"))
    ranked = sorted(light, key=lambda row: row[1] not in TELLING)
    return {
        "branches": [(step_id, StepStatus(status), label) for step_id, status, label in ranked[:BRANCHES]],
        "branches_left_out": max(0, len(light) - BRANCHES),
        "tally": tally(Counter(status for _, status, _ in light)),
    }
