"""The plan of an operation that nobody has started: made by rules, and nothing of it is kept."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Avg, Count, F, Sum
from django.utils import timezone

from operations import approval, budgets, showing
from operations.models import ModelCall, Operation, type_setting
from operations.planning import choice, plan, rules
from operations.states import Planner
from workers import registry

Json = dict[str, Any]

LATELY = timedelta(days=30)


@dataclass(frozen=True)
class PlannedStep:
    """A step of the plan. ``changes``: it may load or change data; ``asks``: a person has to approve it first.

    Where its arguments come from other steps, whether it asks is known only when it runs.
    """

    id: str
    does: str
    worker: str
    action: str
    arguments: Json
    over: str
    needs: str
    changes: bool
    asks: bool


@dataclass(frozen=True)
class Preview:
    """The plan and who makes it; or, in ``problems``, why it could not be executed."""

    planner: str
    steps: list[PlannedStep] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    by_model: str = ""
    shown_first: bool = False


def preview(fields: Json) -> Preview:
    """How an operation with these checked fields would be planned."""
    operation = Operation(**fields)
    planner = choice.planner(operation)
    by_model = "" if planner in (Planner.CLIENT, Planner.RULES) else _what_a_model_costs(operation)
    if planner != Planner.CLIENT and not rules.has_template(operation):
        return Preview(planner, by_model=by_model)
    made = {"steps": fields["parameters"]["steps"]} if planner == Planner.CLIENT else rules.make(operation)
    try:
        plan.check(made)
    except plan.BadPlan as bad:
        return Preview(planner, problems=bad.problems, by_model=by_model)
    shown_first = type_setting(operation.operation_type).show_plan
    return Preview(planner, [_step(step) for step in made["steps"]], [], by_model, shown_first)


def _step(step: Json) -> PlannedStep:
    action = registry.action(step["worker"], step["action"]) or {"read_only": False, "destructive": True}
    arguments = step.get("arguments", {})
    over = step.get("for_each", "")
    asks = approval.needed(action, arguments)
    return PlannedStep(
        step["id"],
        step.get("expected_output", ""),
        step["worker"],
        step["action"],
        arguments,
        over if isinstance(over, str) else f"{len(over):,} values",
        showing.listed(sorted(plan.needs(step))),
        not action["read_only"] and (asks or not action["destructive"]),
        asks,
    )


def _what_a_model_costs(operation: Operation) -> str:
    """What the plans of this type cost lately, in words; the budget where there were none."""
    calls = ModelCall.objects.filter(
        purpose="planning",
        cache_hit=False,
        operation__operation_type=operation.operation_type,
        created_at__gte=timezone.now() - LATELY,
    )
    tokens = F("prompt_tokens") + F("completion_tokens")
    spent = calls.values("operation").annotate(spent=Sum(tokens), paid=Sum("cost_usd"))
    usual = spent.aggregate(plans=Count("operation"), tokens=Avg("spent"), cost=Avg("paid"))
    if usual["plans"]:
        return f"Lately such a plan took about {usual['tokens']:,.0f} tokens, {showing.dollars(usual['cost'])}."
    most = budgets.limit(operation, "planning")
    return f"It may take {most:,} tokens." if most else "There is no limit to its tokens."
