"""The kinds of fields: how each puts a value into texts, and reads it back."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from operations.argument_forms.spelling import Unreadable, brief, keepable, read_json, spelled
from operations.evidence import REFERENCE
from operations.parsing import loads
from operations.showing import INVISIBLE

# Characters that a form's field does not bring back as they are.
UNTYPED = re.compile("[\0-\x08\x0b-\x1f]")

Texts = list[str]  # one for most kinds, one for each box that is ticked


@dataclass(frozen=True)
class Kind:
    """How a field looks, and what belongs to that: the ``options`` to choose from, or the ``types`` of elements."""

    name: str
    options: Sequence[Any] = ()
    types: frozenset[str] = field(default_factory=frozenset)

    def spell(self, value: Any) -> Texts:
        """``value`` as it stands in the form. Any value of another kind may raise `Unreadable`."""
        return SPELL[self.name](self, value)

    def read(self, texts: Texts, before: Any = None) -> Any:
        """The value of what was typed. Raises `Unreadable`. ``before`` gives the order of what is ticked."""
        if self.name == "ticks":
            return _ticked(self, texts, before)
        return READ[self.name](self, texts[0].replace("\r\n", "\n") if texts else "")


def _text(kind: Kind, value: Any) -> Texts:
    _needs(isinstance(value, str) and not UNTYPED.search(value) and not INVISIBLE.search(value))
    _needs(kind.name == "long" or "\n" not in value)
    return [value]


def _date(kind: Kind, value: Any) -> Texts:
    _needs(isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value))
    return [date.fromisoformat(value).isoformat()]


def _option(kind: Kind, value: Any) -> Texts:
    return [brief(value)]


def _number(kind: Kind, value: Any) -> Texts:
    _needs(isinstance(value, int | float) and not isinstance(value, bool))
    return [json.dumps(value)]


def _lines(kind: Kind, value: Any) -> Texts:
    _needs(isinstance(value, list) and not any(isinstance(each, dict | list) for each in value))
    return ["\n".join(_line(kind, each) for each in value)]


def _line(kind: Kind, value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    _needs(value == value.strip() != "" and not re.search("[\\0-\x1f]", value) and not INVISIBLE.search(value))
    return json.dumps(value, ensure_ascii=False) if kind.types != {"string"} and _is_json(value) else value


def _ticks(kind: Kind, value: Any) -> Texts:
    _needs(isinstance(value, list) and all(isinstance(each, str) for each in value) and len(set(value)) == len(value))
    return list(value)


def _json(kind: Kind, value: Any) -> Texts:
    return [spelled(value)]


def _needs(condition: Any) -> bool:
    if not condition:
        raise Unreadable("The value is of another kind.")
    return True


def _read_text(kind: Kind, text: str) -> str:
    if not keepable(text):
        raise Unreadable("A text must not contain NUL characters.")
    return text


def _read_date(kind: Kind, text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError as error:
        raise Unreadable("Write a date as year, month and day: 2026-01-31.") from error


def _read_option(kind: Kind, text: str) -> Any:
    for option in kind.options:
        if brief(option) == text:
            return option
    raise Unreadable("Choose one of those that are listed.")


def _read_integer(kind: Kind, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,30}", text.strip()):
        raise Unreadable("Write a whole number, such as 5.")
    return int(text)


def _read_number(kind: Kind, text: str) -> int | float:
    try:
        value = loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable("Write a number, such as 0.5.")
    return value


def _read_lines(kind: Kind, text: str) -> list[Any]:
    numbered = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1)]
    return [_read_line(kind, number, line) for number, line in numbered if line]


def _read_line(kind: Kind, number: int, line: str) -> Any:
    if not keepable(line):
        raise Unreadable(f"Line {number}: a text must not contain NUL characters.")
    if kind.types == {"string"}:
        return line
    if _is_json(line):
        return loads(line)
    if "string" in kind.types or REFERENCE.fullmatch(line):
        return line
    raise Unreadable(f"Line {number}: write a number.")


def _is_json(text: str) -> bool:
    """Would it be read as something else than this text?"""
    try:
        return not isinstance(loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _ticked(kind: Kind, texts: Texts, before: Any) -> list[str]:
    if unknown := [text for text in texts if text not in kind.options]:
        raise Unreadable(f"There is no {unknown[0]!r} to choose.")
    order = [*(before if isinstance(before, list) else ()), *kind.options]
    return sorted(texts, key=order.index)


def _read_json(kind: Kind, text: str) -> Any:
    return read_json(text)


SPELL: dict[str, Callable[[Kind, Any], Texts]] = {
    "text": _text,
    "long": _text,
    "date": _date,
    "option": _option,
    "integer": _number,
    "number": _number,
    "lines": _lines,
    "ticks": _ticks,
    "json": _json,
}
READ: dict[str, Callable[[Kind, str], Any]] = {
    "text": _read_text,
    "long": _read_text,
    "date": _read_date,
    "option": _read_option,
    "integer": _read_integer,
    "number": _read_number,
    "lines": _read_lines,
    "json": _read_json,
}
