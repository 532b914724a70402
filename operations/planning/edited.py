"""Do arguments that a person changed fit their actions, and the plan around them?"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from jsonschema import ValidationError

from operations.evidence import references
from operations.graph import Graph
from operations.models import Step
from operations.planning import arguments as planned
from operations.showing import shortened
from workers import registry

Json = dict[str, Any]
Path = tuple[str, ...]
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing (null)",
}


@dataclass(frozen=True)
class Misfit:
    """What is wrong, in a sentence, and where: the path into the step's arguments, empty for all of them."""

    step: str
    path: Path
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in [self.step, ".".join(self.path), self.message] if part)


def misfits(steps: Iterable[Step], edits: Mapping[str, Any]) -> list[Misfit]:
    """What is wrong with the new arguments, by step id, of some of an operation's ``steps``; empty if nothing is."""
    changed = [_with(step, edits[step.step_id]) if step.step_id in edits else step for step in steps]
    graph = Graph(changed)
    return [
        misfit
        for step in changed
        if step.step_id in edits
        for misfit in [*_of_schema(step), *_of_references(step, graph), *_of_order(step, graph)]
    ]


def _with(step: Step, arguments: Any) -> Step:
    changed = copy(step)
    changed.arguments = arguments
    return changed


def _of_schema(step: Step) -> Iterator[Misfit]:
    described = registry.action(step.worker, step.action)
    if described is None:
        yield Misfit(step.step_id, (), f"{registry.unknown(step.worker, step.action)}.")
    elif not isinstance(step.arguments, dict):
        yield Misfit(step.step_id, (), "The arguments must be an object.")
    else:
        for outer in planned.errors(described["parameters"], step.arguments):
            for error in _meant(outer):
                yield Misfit(step.step_id, _at_fault(error), _said(error))


def _meant(error: ValidationError) -> list[ValidationError]:
    """Where null is the only other choice, what is wrong with the value itself."""
    if error.validator not in ("anyOf", "oneOf") or error.instance is None:
        return [error]
    real = [inner for inner in error.context or () if inner.validator_value != "null"]
    branches = {inner.schema_path[0] for inner in real}
    return [found for inner in real for found in _meant(inner)] if len(branches) == 1 else [error]


def _at_fault(error: ValidationError) -> Path:
    path = tuple(str(part) for part in error.absolute_path)
    needed: Any = error.validator_value
    given: Any = error.instance
    if error.validator == "required":
        return (*path, *[name for name in needed if error.message.startswith(repr(name))][:1])
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        return (*path, *[name for name in given if name not in error.schema.get("properties", {})][:1])
    return path


def _said(error: ValidationError) -> str:
    match error.validator:
        case "required":
            return "It is needed."
        case "additionalProperties" if error.validator_value is False:
            return "There is no such argument. Leave it out."
        case "type" if isinstance(error.validator_value, str):
            return f"It must be {TYPES.get(error.validator_value, error.validator_value)}."
        case "anyOf" | "oneOf":
            return "It is none of what is allowed here."
    return f"{shortened(error.message, 300)}."


def _of_references(step: Step, graph: Graph) -> Iterator[Misfit]:
    for path, name, into in placed(step.arguments):
        if message := _leads_nowhere(step, name, into, graph):
            yield Misfit(step.step_id, path, message)


def placed(value: Any, path: Path = ()) -> Iterator[tuple[Path, str, list[str]]]:
    """Every reference in ``value``: where it stands, what it names, the path into that."""
    if isinstance(value, dict | list):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from placed(part, (*path, str(name)))
    else:
        for name, into in references(value):
            yield path, name, into


def _leads_nowhere(step: Step, name: str, into: list[str], graph: Graph) -> str:
    if name == "item":
        is_one_of_many = bool(step.template) or step.for_each is not None
        return "" if is_one_of_many else "#item means something only in a step that goes over a list."
    target = graph.steps.get(graph.means(step, name)) or graph.steps.get(name.partition("[")[0])
    if target is None:
        return f"#{name}: there is no step {name}."
    if target.for_each is not None or not into:
        return ""
    described = registry.action(target.worker, target.action)
    missing = planned.missing_path(described["result"], into) if described else ""
    return f"#{name}.{'.'.join(into)}: the result of {name} has no {missing!r}." if missing else ""


def _of_order(step: Step, graph: Graph) -> Iterator[Misfit]:
    """A step cannot use what comes of its own result."""
    after = {later.step_id for later in graph.downstream([step.step_id])}
    for path, name, _ in placed(step.arguments):
        meant = graph.means(step, name)
        if meant in after:
            yield Misfit(step.step_id, path, f"#{name}: {meant} itself waits for {step.step_id}.")
