"""A plan is data. What it may look like, and what must be true of it before it runs."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import Draft202012Validator

from operations.canonical import canonical
from operations.evidence import references
from operations.models import Operation, Step
from operations.planning import arguments
from workers import registry

Json = dict[str, Any]

MAX_STEPS = 500
MAX_BYTES = 512 * 1024

STEP_SCHEMA: Json = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^E[1-9][0-9]{0,3}$"},
        "worker": {"type": "string"},
        "action": {"type": "string"},
        "arguments": {"type": "object"},
        "depends_on": {"type": "array", "items": {"type": "string"}},
        "for_each": {"type": ["array", "string"]},
        "label": {"type": "string", "maxLength": 200},
        "expected_output": {"type": "string", "maxLength": 1000},
        "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 86_400},
        "validation": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
    },
    "required": ["id", "worker", "action"],
    "additionalProperties": False,
    "$defs": {
        "rule": {
            "type": "object",
            "properties": {
                "check": {"enum": ["is_true", "is_empty", "present", "equals", "at_least", "at_most"]},
                "path": {"type": "string"},
                "value": {},
                "severity": {"enum": ["error", "warning"]},
                "gate": {"type": "boolean"},
                "words": {"type": "string", "maxLength": 500},
            },
            "required": ["check"],
            "additionalProperties": False,
        }
    },
}
SCHEMA: Json = {
    "type": "object",
    "properties": {"steps": {"type": "array", "items": STEP_SCHEMA, "minItems": 1, "maxItems": MAX_STEPS}},
    "required": ["steps"],
    "additionalProperties": False,
}
SCHEMA["$defs"] = STEP_SCHEMA["$defs"]

_shape = Draft202012Validator(SCHEMA)


class BadPlan(Exception):
    """The plan cannot be executed. ``problems`` says why, one sentence each; ``plan`` is what was made."""

    def __init__(self, problems: list[str], plan: Any = None):
        super().__init__(" ".join(problems[:3]))
        self.problems = problems
        self.plan = plan


def check(plan: Any) -> None:
    """Raise `BadPlan` with all that is wrong with ``plan``."""
    if problems := list(_shape_problems(plan)) or list(_meaning_problems(plan["steps"])):
        raise BadPlan(problems, plan)


def _shape_problems(plan: Any) -> Iterator[str]:
    if len(canonical(plan)) > MAX_BYTES:
        yield f"The plan is larger than {MAX_BYTES // 1024} KiB."
        return
    for error in _shape.iter_errors(plan):
        where = ".".join(str(part) for part in error.absolute_path) or "plan"
        yield f"{where}: {error.message[:300]}."


def _meaning_problems(steps: list[Json]) -> Iterator[str]:
    by_id = {step["id"]: step for step in steps}
    if len(by_id) < len(steps):
        twice = sorted(step_id for step_id, times in Counter(step["id"] for step in steps).items() if times > 1)
        yield f"The ids {', '.join(twice)} are used more than once."
        return
    for step in steps:
        for problem in _step_problems(step, by_id):
            yield f"{step['id']}: {problem}."
    yield from _cycle(by_id)


def _step_problems(step: Json, by_id: dict[str, Json]) -> Iterator[str]:
    yield from arguments.problems(step["worker"], step["action"], step.get("arguments", {}))
    for needed in step.get("depends_on", []):
        if needed not in by_id:
            yield f"depends_on names {needed}, which is not in the plan"
    for name, path in references([step.get("arguments", {}), step.get("for_each"), step.get("label", "")]):
        yield from _reference_problems(step, name, path, by_id)


def _reference_problems(step: Json, name: str, path: list[str], by_id: dict[str, Json]) -> Iterator[str]:
    if name == "item":
        if "for_each" not in step:
            yield "#item means something only in a step with for_each"
        return
    target = by_id.get(name.partition("[")[0])
    if target is None:
        yield f"#{name} refers to a step that is not in the plan"
        return
    if "for_each" in target or not path:
        return
    described = registry.action(target["worker"], target["action"])
    if described and (missing := arguments.missing_path(described["result"], path)):
        yield f"#{name}.{'.'.join(path)}: the result of {name} has no {missing!r}"


def needs(step: Json) -> set[str]:
    """The ids of the planned steps that ``step`` waits for."""
    named = {name for name, _ in references([step.get("arguments", {}), step.get("for_each")])}
    return {name.partition("[")[0] for name in named - {"item"}} | set(step.get("depends_on", []))


def _cycle(by_id: dict[str, Json]) -> Iterator[str]:
    waiting = {step_id: needs(step) & by_id.keys() for step_id, step in by_id.items()}
    while free := [step_id for step_id, needed in waiting.items() if not needed & waiting.keys()]:
        for step_id in free:
            del waiting[step_id]
    if waiting:
        yield f"The steps {', '.join(waiting)} wait for each other."


def rows(operation: Operation, plan: Json) -> list[Step]:
    """The plan's steps as rows, not saved yet."""
    return [_row(operation, position, step) for position, step in enumerate(plan["steps"])]


def missing(operation: Operation, steps: Iterable[Step]) -> list[Step]:
    """The planned steps that are not among ``steps``, as rows, not saved yet.

    There are some where the one who ran them was stopped before they came to be rows.
    """
    there = {step.step_id for step in steps}
    planned = enumerate(operation.plan["steps"] if operation.plan else [])
    return [_row(operation, position, step) for position, step in planned if step["id"] not in there]


def _row(operation: Operation, position: int, step: Json) -> Step:
    return Step(
        operation=operation,
        step_id=step["id"],
        position=position,
        worker=step["worker"],
        action=step["action"],
        arguments=step.get("arguments", {}),
        for_each=step.get("for_each"),
        label=step.get("label", ""),
        depends_on=step.get("depends_on", []),
        expected_output=step.get("expected_output", ""),
        timeout_seconds=step.get("timeout_seconds"),
        validation=step.get("validation", []),
    )
