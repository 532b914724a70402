"""A parameter as a form shows it: what it is called, what it takes, and how its text becomes the value and back."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rest_framework.exceptions import APIException

from operations.parsing import strict_json
from operations.problem import faults
from workers import counties

Data = Mapping[str, Sequence[str]]  # what a form sends: the texts by the name of their field

ALL_COUNTIES = "all"
NOTHING: Any = object()  # the parameter is left out


class Kind(StrEnum):
    """How a parameter is typed in."""

    TEXT = "text"
    PROSE = "prose"
    WHOLE = "whole"
    NUMBER = "number"
    CHOICE = "choice"
    SEVERAL = "several"
    COUNTIES = "counties"
    FLAG = "flag"
    DAY = "day"
    NAMES = "names"
    JSON = "json"
    PAIRS = "pairs"


@dataclass(frozen=True)
class Field:
    """One parameter. ``default`` is what applies where it is left out; ``rare`` ones are folded away.

    ``suggestions`` are values that are offered, but not the only ones.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: Any = None
    required: bool = False
    rare: bool = False
    example: str = ""
    suggestions: Callable[[], Iterable[str]] = tuple


def read(field: Field, texts: Sequence[str]) -> Any:
    """The value that a form's ``texts`` mean, or `NOTHING`. Raises `ValueError` where they cannot be read.

    What is no number stays a text, for the check of the parameters to say so.
    """
    texts = [text.strip().replace("\r\n", "\n") for text in texts if text.strip()]
    return READERS[field.kind](field, texts)


def texts(field: Field, value: Any) -> list[str]:
    """What a form shows for ``value``: `read` makes the value of it again."""
    if value is None or value is NOTHING:
        return []
    return WRITERS.get(field.kind, _plain)(value)


def _first(field: Field, given: Sequence[str]) -> Any:
    return given[0] if given else NOTHING


def _whole(field: Field, given: Sequence[str]) -> Any:
    return _converted(given, int)


def _number(field: Field, given: Sequence[str]) -> Any:
    value = _converted(given, float)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _converted(given: Sequence[str], make: Callable[[str], Any]) -> Any:
    if not given:
        return NOTHING
    try:
        return make(given[0])
    except ValueError:
        return given[0]


def _flag(field: Field, given: Sequence[str]) -> Any:
    return bool(given) if bool(given) or field.default else NOTHING


def _several(field: Field, given: Sequence[str]) -> Any:
    return list(given) if given or field.default else NOTHING


def _names(field: Field, given: Sequence[str]) -> Any:
    names = [name.strip() for text in given for name in text.replace("\n", ",").split(",") if name.strip()]
    return list(dict.fromkeys(names)) or NOTHING


def _counties(field: Field, given: Sequence[str]) -> Any:
    """All, where the word is among them; otherwise the names, each once and as Concord spells it if it knows it."""
    names = _names(field, given)
    if names is NOTHING or ALL_COUNTIES in (name.lower() for name in names):
        return NOTHING if names is NOTHING else ALL_COUNTIES
    return list(dict.fromkeys(spelled(name) for name in names))


def spelled(name: Any) -> str:
    """A county's name as Concord spells it; what is no county stays as it is."""
    try:
        return counties.find(name).name
    except counties.UnknownCounty:
        return str(name)


def _json(field: Field, given: Sequence[str]) -> Any:
    return _parsed(given[0], field.name) if given else NOTHING


def _parsed(text: str, what: str) -> Any:
    try:
        return strict_json(text.encode(errors="surrogatepass"), what)
    except APIException as error:
        raise ValueError(" ".join(fault["message"] for fault in faults(error))) from error


def _pairs(field: Field, given: Sequence[str]) -> Any:
    """Lines such as ``ticket=4711``. A value that is JSON is what it says; any other is a text."""
    lines = [line.strip() for text in given for line in text.split("\n") if line.strip()]
    pairs: dict[str, Any] = {}
    for number, line in enumerate(lines, 1):
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise ValueError(f"{field.name}: line {number} must be written as name=value.")
        pairs[name.strip()] = _valued(value.strip())
    return pairs or NOTHING


def _valued(text: str) -> Any:
    try:
        return _parsed(text, "the value")
    except ValueError:
        return text


def _plain(value: Any) -> list[str]:
    return [value if isinstance(value, str) else _dumped(value)]


def _dumped(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else _plain(value)


def _paired(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return _plain(value)
    return ["\n".join(f"{name}={_written(one)}" for name, one in value.items())]


def _written(value: Any) -> str:
    """A value behind its name: a text as it is, unless it would be read as something else."""
    if isinstance(value, str) and "\n" not in value and value and _valued(value.strip()) == value:
        return value
    return _dumped(value)


READERS: dict[Kind, Callable[[Field, Sequence[str]], Any]] = {
    Kind.TEXT: _first,
    Kind.PROSE: _first,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.CHOICE: _first,
    Kind.SEVERAL: _several,
    Kind.COUNTIES: _counties,
    Kind.FLAG: _flag,
    Kind.DAY: _first,
    Kind.NAMES: _names,
    Kind.JSON: _json,
    Kind.PAIRS: _pairs,
}
WRITERS: dict[Kind, Callable[[Any], list[str]]] = {
    Kind.SEVERAL: _listed,
    Kind.COUNTIES: _listed,
    Kind.FLAG: lambda value: ["on"] if value else [],
    Kind.NAMES: lambda value: [", ".join(_listed(value))],
    Kind.JSON: lambda value: [_dumped(value, indent=2)],
    Kind.PAIRS: _paired,
}
