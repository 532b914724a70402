"""Putting a revised plan in the place of the one under way: finished steps that stand in both keep their results.

Changes rows only; the caller has changed the operation under its claim first, in the same transaction.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from operations.models import Operation, Step
from operations.planning import plan as plans
from operations.resume import AGAIN, run_again, skip
from operations.states import StepStatus

Json = dict[str, Any]

CALL = ("worker", "action", "arguments", "for_each")  # what makes a step the same as another
DONE = (StepStatus.COMPLETED, StepStatus.SKIPPED)
PLANNED = (*CALL, "label", "depends_on", "expected_output", "timeout_seconds", "validation")


def as_planned(step: Step) -> Json:
    """A row as a step of a plan, with what a person edited since."""
    planned = {name: getattr(step, name) for name in PLANNED}
    return {"id": step.step_id, **{name: value for name, value in planned.items() if value not in (None, "", [])}}


def kept(operation: Operation, plan: Json) -> list[str]:
    """The ids of the steps of ``plan`` that have been done as it wants them, and rest on nothing that has not."""
    keeps = _kept(_planned_rows(operation), plan)
    return [step["id"] for step in plan["steps"] if step["id"] in keeps]


def _planned_rows(operation: Operation) -> dict[str, Step]:
    return {step.step_id: step for step in operation.steps.filter(template="")}


def _kept(rows: Mapping[str, Step], plan: Json) -> set[str]:
    by_id = {step["id"]: step for step in plan["steps"]}
    keeps = {step_id for step_id, step in by_id.items() if step_id in rows and _is_done(rows[step_id], step)}
    while lost := {step_id for step_id in keeps if not plans.needs(by_id[step_id]) <= keeps}:
        keeps -= lost
    return keeps


def same_call(row: Step, step: Json) -> bool:
    """Is a planned step the call that ``row`` is of?"""
    return all(getattr(row, name) == step.get(name, {} if name == "arguments" else None) for name in CALL)


def _is_done(row: Step, step: Json) -> bool:
    # A template that has begun is as good as done: its instances are looked at one by one.
    begun = row.for_each is not None and row.status == StepStatus.RUNNING
    return same_call(row, step) and (begun or row.status == StepStatus.COMPLETED)


def put(operation: Operation, plan: Json, *, again: bool) -> None:
    """Make the rows follow ``plan``, which was checked.

    What has failed inside a step that goes over a list is run ``again``, or left out together with what needs it.
    """
    if not again:
        failed = operation.steps.filter(status=StepStatus.FAILED).values_list("step_id", flat=True)
        skip(operation, list(failed), "left out of the revised plan")
    rows = _planned_rows(operation)
    keeps = _kept(rows, plan)
    if again:
        run_again(operation, operation.steps.filter(template__in=keeps).exclude(status__in=DONE))
    _drop(operation, set(rows) - {step["id"] for step in plan["steps"]}, len(plan["steps"]))
    for step in plans.rows(operation, plan):
        if step.step_id in keeps:
            _keep(operation, step)
        elif row := rows.get(step.step_id):
            _replace(operation, row, step)
        else:
            step.save(force_insert=True)
    operation.know_steps(operation.steps.all())


def _keep(operation: Operation, step: Step) -> None:
    """A step stays as it is done, and is held against the rules of its new plan."""
    alike = Q(step_id=step.step_id) | Q(template=step.step_id)
    planned = {name: getattr(step, name) for name in ("position", "depends_on", "validation")}
    operation.steps.filter(alike).update(**planned)


def _drop(operation: Operation, ids: set[str], after: int) -> None:
    """Leave out what the plan does not want any more. The rows stay, behind the others, for the history."""
    gone = operation.steps.filter(Q(step_id__in=ids) | Q(template__in=ids))
    gone.update(status=StepStatus.SKIPPED, due_at=None, finished_at=timezone.now(), position=F("position") + after)


def _replace(operation: Operation, row: Step, step: Step) -> None:
    """Let a step run as it is planned now, as a new run: no worker answers it from memory."""
    operation.steps.filter(template=row.step_id).delete()
    planned = {name: getattr(step, name) for name in (*PLANNED, "position")}
    operation.steps.filter(pk=row.pk).update(run=F("run") + 1, **AGAIN | planned)
