"""A model's draft of a plan: read, filled in with the parameters, and checked like nobody's friend."""

import json
from typing import Any

from operations.planning import conformance, guards, placeholders, plan, wire
from operations.planning.prompt import Question

Json = dict[str, Any]


def lines_of(question: Question, text: str) -> list[str]:
    """The lines of an answer that is a sound plan, with placeholders for the parameters. Raises `plan.BadPlan`."""
    steps = _steps(question, _lines(text))
    sound(question, steps)
    named = [step | {"arguments": placeholders.abstract(step["arguments"], question.given)} for step in steps]
    return wire.write(named, question.names)


def plan_of(question: Question, lines: list[str]) -> Json:
    """The plan that ``lines`` make with the parameters of this question. Raises `plan.BadPlan`."""
    return sound(question, _steps(question, lines))


def sound(question: Question, steps: list[Json]) -> Json:
    """The plan of ``steps``, filled in, checked, and with the rules that are not the model's to leave out."""
    return held([placeholders.fill(step, question.given) for step in steps], question.template)


def held(steps: list[Json], template: list[Json]) -> Json:
    """The plan of ``steps``, held against ``template``, or against what holds for any goal. Raises `plan.BadPlan`."""
    plan.check({"steps": steps})
    against = conformance.conform(steps, template) if template else guards.guard(steps)
    if against.problems:
        raise plan.BadPlan(against.problems)
    return {"steps": against.steps}


def steps_of(question: Question, text: str) -> list[Json]:
    """The steps of an answer, filled in and not checked yet. Raises `plan.BadPlan`."""
    return [placeholders.fill(step, question.given) for step in _steps(question, _lines(text))]


def complete(question: Question, step: Json) -> Json:
    """A step as it was written, with the parameters that need not be written."""
    return step | {"arguments": question.passed_on(step) | step["arguments"]}


def _lines(text: str) -> list[Any]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        raise plan.BadPlan(["The answer is not JSON."]) from None
    lines = answer.get("steps") if isinstance(answer, dict) else None
    if not isinstance(lines, list):
        raise plan.BadPlan(['The answer is not {"steps":[line,…]}.'])
    return lines


def _steps(question: Question, lines: list[Any]) -> list[Json]:
    read, problems = wire.read(lines, question.readable)
    steps = [complete(question, step) for step in read]
    known = ", ".join(f"${name}" for name in question.given) or "none"
    for step in steps:
        problems += [
            f"{step['id']}: there is no parameter {name}; there are {known}."
            for name in placeholders.unknown([step["arguments"], step.get("for_each")], question.given)
        ]
    if problems:
        raise plan.BadPlan(problems)
    return steps
