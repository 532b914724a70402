"""Who may take which decision: the same at the API, the console and for many at once.

To reject takes the right to decide. Whatever makes something happen takes more: the right to what the steps in
question do, and that somebody else submitted the operation (`FOUR_EYES`).
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from escalations import urgency
from escalations.deciding.decisions import Answer, decide
from escalations.models import Approval, Decision, DecisionError, Escalation, Kind
from operations import approval, rights
from operations.models import Step
from operations.permissions import name_of

OWN = "You submitted this operation: another person has to decide. You may reject it."
CLASSES = {urgency.LOADS: rights.APPROVE_WRITING, urgency.DESTROYS: rights.APPROVE_DESTRUCTIVE}


class NotAllowed(DecisionError):
    """This caller may not decide so; the text says why."""


def decide_as(caller: Any, escalation: Escalation, answer: Answer, **how: Any) -> Decision | Approval:
    """`decide`, if ``caller`` (a key or a person) may; else raise `NotAllowed`."""
    if why := why_not(caller, escalation, answer.decision, [*answer.steps, *answer.edits]):
        raise NotAllowed(why)
    return decide(escalation, answer, who=name_of(caller), **how)


def why_not(caller: Any, escalation: Escalation, kind: str, steps: Sequence[str] = ()) -> str:
    """Why ``caller`` may not decide so about ``steps`` (none: those in question); empty if he may."""
    if not rights.DECIDE.is_of(caller):
        return rights.DECIDE.missing(caller)
    if kind == Kind.REJECT:
        return ""
    if settings.FOUR_EYES and escalation.operation.is_of(caller):
        return OWN
    right = CLASSES.get(_stake(escalation, {*steps, *escalation.steps}))
    return "" if right is None or right.is_of(caller) else right.missing(caller)


def _stake(escalation: Escalation, named: set[str]) -> float:
    """What hangs on the steps that are named, or on all: the most that one of them does."""
    steps = escalation.operation.steps.all()
    return max((stake(step) for step in steps if not named or step.step_id in named), default=urgency.READS)


def stake(step: Step) -> float:
    """Does it destroy, load or only read? With arguments that its worker calls harmless it does as reading does."""
    action = urgency.told(step.worker, step.action)
    if action and action.get("destructive") and not approval.needed(action, step.arguments):
        return urgency.READS
    return urgency.stake(action)
