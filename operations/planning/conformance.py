"""What a model's plan must do for a type that has a template: the same calls on the same data, checked as carefully.

The template says what is right; a plan may name and order its steps in its own way and look at more, never change
more, skip a check or touch other data. Rules, gates and labels come from the template: they are not the model's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from operations.evidence import REFERENCE
from operations.planning import plan
from workers import registry

Json = dict[str, Any]
Ids = dict[str, str]  # of a step in the template → of the step in the plan that does it

CARRIED = ("label", "expected_output", "timeout_seconds", "validation")


@dataclass
class Conformance:
    """The planned steps with what the template adds to them, or the problems that stand against them."""

    steps: list[Json]
    problems: list[str] = field(default_factory=list)


def conform(steps: list[Json], template: list[Json]) -> Conformance:
    """Hold a checked plan against ``template``, step by step."""
    ids: Ids = {}
    problems: list[str] = []
    for expected in template:
        alike = [step for step in steps if call(step) == call(expected) and step["id"] not in ids.values()]
        found = next((step for step in alike if not list(_differences(step, expected, steps, template, ids))), None)
        if found:
            ids[expected["id"]] = found["id"]
        elif alike:
            problems += _differences(alike[0], expected, steps, template, ids)
            ids[expected["id"]] = alike[0]["id"]
        else:
            problems.append(f"There is no step that calls {call(expected)}.")
    problems += _additions(steps, set(ids.values()))
    by_id = {planned: expected for expected in template if (planned := ids.get(expected["id"]))}
    return Conformance([step | _carried(by_id.get(step["id"], {})) for step in steps], problems)


def is_foreseen(step: Json, template: list[Json]) -> bool:
    """Is a step that needs no other one of the template's?"""
    return any(
        call(step) == call(expected) and not plan.needs(expected) and _complete(step) == _complete(expected)
        for expected in template
    )


def _carried(expected: Json) -> Json:
    return {name: expected[name] for name in CARRIED if name in expected}


def _additions(steps: list[Json], matched: set[str]) -> Iterator[str]:
    for step in steps:
        action = registry.action(step["worker"], step["action"])
        if step["id"] not in matched and not (action and action["read_only"]):
            yield f"{step['id']}: {call(step)} is not called for here, or called once already."


def _differences(step: Json, expected: Json, steps: list[Json], template: list[Json], ids: Ids) -> Iterator[str]:
    """Where ``step`` does not do what ``expected`` does. Steps stand in an order in which none needs a later one."""
    mine, wanted = meaning(step, steps), meaning(expected, template)
    wanted = _replaced(wanted, ids) | {"after": {ids.get(name, name) for name in wanted["after"]}}
    if mine["over"] != wanted["over"]:
        each = _replaced(expected.get("for_each"), ids)
        yield f"{step['id']}: it should go over each {each}." if each else f"{step['id']}: it should run once."
    for name in sorted({*mine["arguments"], *wanted["arguments"]}):
        if mine["arguments"].get(name) != wanted["arguments"].get(name):
            value = _replaced(expected.get("arguments", {}).get(name), ids)
            should = f"{name} should be {value!r}" if value is not None else f"{name} should be left out"
            yield f"{step['id']}: {should}."
    if missing := wanted["after"] - mine["after"]:
        yield f"{step['id']}: it should wait for {', '.join(sorted(missing))}."


def meaning(step: Json, steps: list[Json]) -> Json:
    """What a step does, whichever way it is written: its arguments, the list it goes over, all that comes before."""
    by_id = {other["id"]: other for other in steps}
    over = _root(step, by_id)
    return {
        "arguments": {name: _said(value, step, by_id) for name, value in _complete(step).items()},
        "over": over,
        "after": _before(step, by_id) - {step["id"]},
    }


def _complete(step: Json) -> Json:
    """The arguments with the defaults of those that are left out."""
    action = registry.action(step["worker"], step["action"])
    properties = action["parameters"].get("properties", {}) if action else {}
    defaults = {name: kind["default"] for name, kind in properties.items() if "default" in kind}
    return defaults | step.get("arguments", {})


def _root(step: Json, by_id: dict[str, Json]) -> Any:
    """What a step goes over: a list, or the step whose list it walks."""
    source = step.get("for_each")
    while isinstance(source, str) and (walked := by_id.get(source.removeprefix("#"))) and "for_each" in walked:
        step, source = walked, walked["for_each"]
    return None if source is None else [source, f"#{step['id']}"]


def _said(value: Any, step: Json, by_id: dict[str, Json]) -> Any:
    """``value`` with ``#item`` replaced by the step whose result it is, where it is one's."""
    source = step.get("for_each")
    walked = by_id.get(source.removeprefix("#")) if isinstance(source, str) else None
    if not (walked and "for_each" in walked):
        return value
    return _replaced(value, {"item": walked["id"]})


def _before(step: Json, by_id: dict[str, Json]) -> set[str]:
    """The ids of all steps that must have ended before this one begins."""
    found: set[str] = set()
    waiting = [step]
    while waiting:
        for needed in plan.needs(waiting.pop()) - found:
            if needed in by_id:
                found.add(needed)
                waiting.append(by_id[needed])
    return found


def _replaced(value: Any, ids: Ids) -> Any:
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: match[0] if match[1] else f"#{ids.get(match[2], match[2])}{match[3]}", value)
    if isinstance(value, dict):
        return {name: _replaced(part, ids) for name, part in value.items()}
    return [_replaced(part, ids) for part in value] if isinstance(value, list) else value


def call(step: Json) -> str:
    return f"{step['worker']}.{step['action']}"
