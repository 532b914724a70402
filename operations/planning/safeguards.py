"""What holds for a plan that a model makes step by step: each step as the type's template has it, and nothing left out.

A model says which actions run. What must come before them, the rules for their results and the gates are not its own.
"""

from collections import Counter
from typing import Any

from operations.models import Operation
from operations.planning import rules
from operations.planning.conformance import Conformance, call, conform, meaning
from operations.planning.guards import guard

Json = dict[str, Any]


def hold(operation: Operation, before: list[Json], new: list[Json]) -> Conformance:
    """``new`` steps with what goes with their actions, or the problems that stand against them after ``before``."""
    steps = [*before, *new]
    template = _template(operation)
    if not template:
        held = guard(steps)
    else:
        planned = {call(step) for step in steps}
        held = conform(steps, _begun(steps, template))
        held.problems += [problem for step in new if (problem := _too_early(step, planned, template))]
    return Conformance(held.steps[len(before) :], held.problems)


def missing(operation: Operation, steps: list[Json]) -> list[str]:
    """The actions of the type's template that ``steps`` leave out, in its order."""
    template = _template(operation)
    begun = _begun(steps, template)
    return [call(step) for step in template if step not in begun]


def _begun(steps: list[Json], template: list[Json]) -> list[Json]:
    """Of each action's steps in the template the first ones, as many as ``steps`` has."""
    counts = Counter(call(step) for step in steps)
    before = [Counter(call(step) for step in template[:at]) for at in range(len(template))]
    return [step for step, seen in zip(template, before, strict=True) if seen[call(step)] < counts[call(step)]]


def _too_early(step: Json, planned: set[str], template: list[Json]) -> str:
    expected = next((expected for expected in template if call(expected) == call(step)), None)
    needed = meaning(expected, template)["after"] if expected else set()
    undone = [call(other) for other in template if other["id"] in needed and call(other) not in planned]
    return f"{step['id']}: {', '.join(undone)} must come first." if undone else ""


def _template(operation: Operation) -> list[Json]:
    return rules.make(operation)["steps"] if rules.has_template(operation) else []
