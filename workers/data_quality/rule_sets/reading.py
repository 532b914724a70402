"""Reads rules written in YAML, distrusting the text: bounded in size, without aliases, tags or code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from workers.data_quality.rule_sets.mistakes import Mistake, Unusable, explained
from workers.data_quality.rule_sets.vocabulary import RuleText

MAX_BYTES = 100_000
MAX_DEPTH = 12
MAX_SCALAR = 2_000
# YAML takes 01 for the number 1 and 010 for 8: codes lose their zeros.
_ZERO_FIRST = re.compile(r"[-+]?0[0-9_]+")
_FIELDS = {"dataset", "key", "rules"}


class Refused(ValueError):
    """A text that is not read as YAML."""


def load(text: str) -> Any:
    """The values that a YAML text stands for. Raises `Refused` with the reason and the line."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise Refused(f"it is larger than {MAX_BYTES:,} bytes: split it")
    try:
        _inspect(text)
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        raise Refused(f"it is no YAML: {error.problem}{_line(error.problem_mark)}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise (
            error if isinstance(error, Refused) else Refused(f"it is no YAML: {str(error).splitlines()[0]}")
        ) from error


def rules(text: str, file: str) -> tuple[list[RuleText], list[Mistake]]:
    """The rules of a file's text that can be read, and every mistake in the others."""
    try:
        document = load(text)
    except Refused as error:
        return [], [Mistake(file, "", "", str(error))]
    if not isinstance(document, dict) or not isinstance(document.get("rules"), list):
        return [], [Mistake(file, "", "rules", "expected a list of rules under this name")]
    shared = {name: document[name] for name in ("dataset", "key") if name in document}
    found, mistakes = (
        [],
        [
            Mistake(file, "", str(name), f"there is no such field; there are {', '.join(sorted(_FIELDS))}")
            for name in document
            if name not in _FIELDS
        ],
    )
    for number, given in enumerate(document["rules"], 1):
        try:
            found.append(_rule(given, file, f"number {number}", shared))
        except Unusable as error:
            mistakes += error.mistakes
    return found, [*mistakes, *_repeated(found, file)]


def one_rule(text: str, file: str = "the rule") -> RuleText:
    """The single rule that a text describes. Raises `Unusable` with every mistake."""
    try:
        given = load(text)
    except Refused as error:
        raise Unusable([Mistake(file, "", "", str(error))]) from error
    return _rule(given, file, "", {})


def _rule(given: Any, file: str, called: str, shared: dict[str, Any]) -> RuleText:
    if not isinstance(given, dict):
        raise Unusable(
            [Mistake(file, called, "", "expected a rule's fields: name, dataset, severity, level, basis, check")]
        )
    name = given.get("name")
    given = shared | given
    dataset = given.get("dataset")
    try:
        return RuleText.model_validate(given)
    except ValidationError as error:
        known = dataset if isinstance(dataset, str) else ""
        raise Unusable(explained(error, file, name[:64] if isinstance(name, str) else called, known)) from error


def _repeated(found: list[RuleText], file: str) -> Iterator[Mistake]:
    seen: set[tuple[str, str]] = set()
    for rule in found:
        if (rule.dataset, rule.name) in seen:
            yield Mistake(file, rule.name, "name", "it comes twice for this dataset", rule.dataset)
        seen.add((rule.dataset, rule.name))


@dataclass
class _Open:
    """A list or a mapping that has begun: the names in it if it is a mapping, and how many nodes it has so far."""

    names: set[str] | None
    nodes: int = 0


def _inspect(text: str) -> None:
    """Read the text piece by piece, and stop at the first piece that no rule needs."""
    within: list[_Open] = []
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        _refuse_special(event)
        if isinstance(event, yaml.CollectionEndEvent):
            within.pop()
        elif isinstance(event, yaml.NodeEvent) and within:
            _refuse_repeated(event, within[-1])
        if isinstance(event, yaml.CollectionStartEvent):
            within.append(_Open(set() if isinstance(event, yaml.MappingStartEvent) else None))
        if len(within) > MAX_DEPTH:
            raise Refused(f"it is nested more than {MAX_DEPTH} deep{_line(event.start_mark)}")


def _refuse_special(event: yaml.Event) -> None:
    where = _line(event.start_mark)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise Refused(f"anchors and aliases are not read: write it out{where}")
    if tag := getattr(event, "tag", None):
        raise Refused(f"tags such as {tag[:40]!r} are not read{where}")
    if isinstance(event, yaml.ScalarEvent):
        if len(event.value) > MAX_SCALAR:
            raise Refused(f"a text is longer than {MAX_SCALAR:,} characters{where}")
        if event.style is None and _ZERO_FIRST.fullmatch(event.value):
            raise Refused(f"{event.value[:40]} would lose its zeros: write it in quotes{where}")


def _refuse_repeated(event: yaml.NodeEvent, within: _Open) -> None:
    """In a mapping the first, third … node is a name: none may come twice."""
    within.nodes += 1
    if within.names is None or within.nodes % 2 == 0:
        return
    if not isinstance(event, yaml.ScalarEvent):
        raise Refused(f"a field's name is a word{_line(event.start_mark)}")
    if event.value in within.names:
        raise Refused(f"the field {event.value[:40]!r} comes twice{_line(event.start_mark)}")
    within.names.add(event.value)


def _line(mark: Any) -> str:
    return f" (line {mark.line + 1})" if mark else ""
