"""Making a plan with the planner that was chosen. Whatever a model does, what rules can plan is planned."""

import logging
from collections.abc import Callable

from operations.budgets import BudgetSpent
from operations.models import Claim, Operation
from operations.planning import choice, plan, react, rewoo, rules
from operations.planning.made import Made, NoPlan
from operations.states import Planner
from workers import llm

logger = logging.getLogger(__name__)

__all__ = ["Made", "NoPlan", "make"]


def make(operation: Operation, claim: Claim) -> Made:
    """The plan for ``operation``. Raises `plan.BadPlan` if there is none that could run, and `BudgetSpent`."""
    chosen = choice.planner(operation)
    maker = MAKERS.get(chosen)
    if maker is None:
        return _by_rules(operation)
    try:
        return maker(operation, claim)
    except (NoPlan, BudgetSpent) as error:
        if rules.has_template(operation):
            logger.warning("%s is planned by rules: %s", operation.pk, error)
            return _by_rules(operation, f"Planned by rules, not by a model: {error}")
        if isinstance(error, NoPlan):
            raise plan.BadPlan(error.problems) from error
        raise


def _by_rules(operation: Operation, note: str = "") -> Made:
    if not rules.has_template(operation):
        raise plan.BadPlan(["A goal in words needs a language model, and none is configured."])
    made = rules.make(operation)
    plan.check(made)
    return Made(made, Planner.RULES, note)


def _by_client(operation: Operation, claim: Claim) -> Made:
    made = {"steps": operation.parameters["steps"]}
    plan.check(made)
    return Made(made, Planner.CLIENT)


def _by_react(operation: Operation, claim: Claim) -> Made:
    """Its first steps: the others come one turn at a time, as the plan stays open."""
    if operation.parameters.get("plan_only"):
        raise NoPlan("the planner that goes step by step has no plan to show")
    try:
        steps = react.first(operation, claim)
    except (react.GaveUp, llm.ModelFailed) as error:
        raise NoPlan(str(error)) from error
    return Made({"steps": steps, "open": True}, Planner.REACT)


# What a planner is asked with: the operation and the claim on it. Raises `NoPlan`, `BudgetSpent` or `plan.BadPlan`.
MAKERS: dict[Planner, Callable[[Operation, Claim], Made]] = {
    Planner.CLIENT: _by_client,
    Planner.REWOO: rewoo.make,
    Planner.REACT: _by_react,
}
