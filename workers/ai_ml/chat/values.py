"""The values that conditions compare with: of the kind that the field is, and spelled as the column has them."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal

from workers import counties as florida
from workers.ai_ml.chat.fields import Field, Kind

Operator = Literal[
    "equals", "not_equals", "in", "starts_with", "contains", "above", "at_least", "below", "at_most", "is_blank"
]
Single = str | int | float
Value = Single | list[str | int | float] | None

MOST_VALUES = 67  # all counties
LONGEST = 200
LARGEST = 10**15  # dollars; no column of the rolls is wider than twelve digits
_SAME: tuple[Operator, ...] = ("equals", "not_equals", "in")
_RANGE: tuple[Operator, ...] = ("above", "at_least", "below", "at_most", "is_blank")
TAKES: Mapping[Kind, tuple[Operator, ...]] = {
    "county": _SAME,
    "text": (*_SAME, "starts_with", "contains", "is_blank"),
    "code": (*_SAME, "starts_with", "is_blank"),
    **dict.fromkeys(("money", "number", "year", "date"), (*_SAME, *_RANGE)),
}


class BadQuery(Exception):
    """The query is not allowed, or makes no sense. ``field`` is the path of the part at fault."""

    def __init__(self, field: str, message: str):
        super().__init__(f"{field}: {message}")
        self.field = field


def fitting(field: Field, op: Operator, value: Value, path: str) -> Value:
    """``value`` as the column of ``field`` has it. Raises `BadQuery`."""
    if op not in TAKES[field.kind]:
        raise BadQuery(f"{path}.op", f"{field.name} cannot be asked with {op}; it takes {', '.join(TAKES[field.kind])}")
    path = f"{path}.value"
    if op == "is_blank":
        return None
    if op != "in":
        return _single(field, op, value, path)
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_VALUES:
        raise BadQuery(path, f"in takes a list of 1 to {MOST_VALUES} values")
    return [_single(field, op, one, path) for one in value]


def _single(field: Field, op: Operator, value: Any, path: str) -> Single:
    try:
        made = READ[field.kind](value)
    except (ValueError, florida.UnknownCounty) as error:
        raise BadQuery(path, f"{field.name}: {error}") from error
    if field.width and op != "starts_with" and isinstance(made, str) and made.isdecimal():
        return made.zfill(field.width)
    return made


def _number(value: Any) -> int | float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or abs(value) >= LARGEST:
        raise ValueError("it takes a number below 10^15")
    return int(value) if value == int(value) else float(value)


def _year(value: Any) -> int:
    number = _number(int(value) if isinstance(value, str) and value.isdecimal() and len(value) == 4 else value)
    if not 1000 <= number <= 9999 or isinstance(number, float):
        raise ValueError("it takes a year such as 2025")
    return number


def _date(value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise ValueError("it takes a day such as 2025-07-01") from None


def _text(value: Any) -> str:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    # PostgreSQL keeps no NUL, and neither database keeps half of a character.
    if not text or not text.isprintable() or len(text) > LONGEST:
        raise ValueError(f"it takes a text of 1 to {LONGEST} characters that can be printed")
    return text


def _county(value: Any) -> str:
    return florida.find(_text(value)).name


READ: Mapping[Kind, Callable[[Any], Single]] = {
    "money": _number,
    "number": _number,
    "year": _year,
    "date": _date,
    "text": _text,
    "code": _text,
    "county": _county,
}
