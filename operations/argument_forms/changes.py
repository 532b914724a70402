"""What is otherwise in one JSON value than in another, piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from operations.argument_forms.spelling import same, spelled
from operations.canonical import canonical

LONGEST = 500  # elements of lists that are compared one by one
SIGNS = {"added": "+", "removed": "-", "changed": "≠"}


@dataclass(frozen=True)
class Change:
    """One piece that was ``added``, ``removed`` or ``changed``; ``before`` and ``after`` are JSON with their types."""

    path: str
    word: str
    before: str = ""
    after: str = ""
    before_type: str = ""
    after_type: str = ""

    @property
    def sign(self) -> str:
        return SIGNS[self.word]


def changes(before: Any, after: Any, path: str = "") -> list[Change]:
    """How ``after`` differs from ``before``; empty if they are the same, types and all."""
    return [] if same(before, after) else list(_changes(before, after, path))


def _changes(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_objects(before, after, path)
    elif _comparable(before) and _comparable(after):
        yield from _of_lists(before, after, path)
    elif not same(before, after):
        yield Change(path, "changed", spelled(before), spelled(after), kind(before), kind(after))


def _comparable(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= LONGEST


def _of_objects(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        inner = f"{path}.{name}" if path else name
        if name not in after:
            yield _removed(inner, before[name])
        elif name not in before:
            yield _added(inner, after[name])
        else:
            yield from _changes(before[name], after[name], inner)


def _of_lists(before: list[Any], after: list[Any], path: str) -> Iterator[Change]:
    matcher = SequenceMatcher(None, [canonical(each) for each in before], [canonical(each) for each in after], False)
    for word, first, last, start, end in matcher.get_opcodes():
        if word == "replace" and last - first == end - start:
            for number in range(last - first):
                yield from _changes(before[first + number], after[start + number], f"{path}[{start + number}]")
        elif word != "equal":
            yield from (_removed(f"{path}[{number}]", before[number]) for number in range(first, last))
            yield from (_added(f"{path}[{number}]", after[number]) for number in range(start, end))


def _removed(path: str, value: Any) -> Change:
    return Change(path, "removed", before=spelled(value), before_type=kind(value))


def _added(path: str, value: Any) -> Change:
    return Change(path, "added", after=spelled(value), after_type=kind(value))


def kind(value: Any) -> str:
    """The type of a JSON value, in a word or two."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int():
            return "whole number"
        case float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
    return "object"
