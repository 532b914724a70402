"""Looking at what a reference leads to, a piece at a time: what a compressed text left out is found here again."""

from dataclasses import dataclass
from typing import Any

from operations.evidence import REFERENCE, EvidenceError, resolve
from operations.models import Operation, Step
from operations.states import StepStatus

ELEMENTS, CHARACTERS = 50, 20_000  # what a piece has where nobody says how much


class BadReference(ValueError):
    """The text is no reference."""


@dataclass(frozen=True)
class Piece:
    """Some of a value: elements of a list, entries of an object, characters of a text; or all of a single value."""

    kind: str
    total: int
    value: Any
    limit: int


def look_up(operation: Operation, reference: str) -> Any:
    """What ``reference`` (``#E2.rows``, or without its #) leads to in the results of the operation's steps.

    A step that goes over a list stands for the list of its results, as in arguments. Raises `BadReference`, and
    `EvidenceError` where nothing is there.
    """
    text = f"#{reference.removeprefix('#')}"
    found = REFERENCE.fullmatch(text)
    if not found or found[1] or found[2] == "item":
        raise BadReference(f"{reference!r} is no reference: write E2, E2.rows.17 or E2[3].rows.")
    return resolve(text, lambda name: _result(operation, name))


def _result(operation: Operation, name: str) -> Any:
    step = operation.steps.filter(step_id=name).first()
    if step is None:
        raise EvidenceError(f"#{name}: there is no such step")
    if step.for_each is not None:
        return _results_of_instances(operation, step)
    if step.result is None and step.status != StepStatus.COMPLETED:
        raise EvidenceError(f"#{name}: {name} has no result, it is {step.status}")
    return step.result


def _results_of_instances(operation: Operation, template: Step) -> list[Any]:
    instances = operation.steps.filter(template=template.step_id, status=StepStatus.COMPLETED)
    return list(instances.values_list("result", flat=True))


def piece(value: Any, offset: int, limit: int | None) -> Piece:
    """What of ``value`` begins at ``offset``, at most ``limit`` elements, entries or characters of it."""
    if isinstance(value, str):
        limit = limit or CHARACTERS
        return Piece("text", len(value), value[offset : offset + limit], limit)
    limit = limit or ELEMENTS
    if isinstance(value, list):
        return Piece("list", len(value), value[offset : offset + limit], limit)
    if isinstance(value, dict):
        return Piece("object", len(value), dict(list(value.items())[offset : offset + limit]), limit)
    return Piece("value", 1, value, limit)
