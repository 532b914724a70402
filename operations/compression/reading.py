"""What came in, as a text or as data of JSON's types: JSON in a text is data, and bytes are text."""

import json
import math
from decimal import Decimal
from typing import Any

from operations.compression.cells import compact, sendable

DEEPEST = 100  # levels of a value that cannot be told whole
MOST_BITS = 14_000  # of a whole number: Python reads and writes no longer ones in decimal
EXACT = 15  # digits of a fraction that Python's numbers always hold
UNSAYABLE = f"what JSON cannot say as it is, or lies deeper than {DEEPEST} levels"


def data_or_text(value: Any) -> tuple[Any, str]:
    """``value`` as a text or as data, and what of it is missing, in words; nothing of most."""
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode(errors="replace")
    if isinstance(value, str):
        return (_data(value) if value.lstrip()[:1] in ("{", "[") else sendable(value)), ""
    try:
        return json.loads(compact(value)), ""
    except (RecursionError, ValueError, TypeError):
        return json.loads(compact(_sayable(value, DEEPEST))), UNSAYABLE


def _data(text: str) -> Any:
    """The data that a text is, if it is JSON of which reading it loses nothing; else the text."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_fraction)
    except (RecursionError, ValueError):
        return sendable(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs. Raises ValueError where a name comes twice: its first value would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("A name comes twice")
    return made


def _fraction(text: str) -> float:
    """The number that a text says. Raises ValueError where it would be another one."""
    number = float(text)
    if math.isinf(number) or (len(text) > EXACT and Decimal(text) != Decimal(repr(number))):
        raise ValueError("A number is longer than numbers are here")
    return number


def _sayable(value: Any, levels: int) -> Any:
    """``value`` with texts in place of what JSON cannot say, and without what lies deeper than so many levels."""
    if isinstance(value, dict):
        return {_name(name): _sayable(inner, levels - 1) for name, inner in value.items()} if levels else "…"
    if isinstance(value, list | tuple):
        return [_sayable(inner, levels - 1) for inner in value] if levels else "…"
    if type(value) is int and value.bit_length() > MOST_BITS:
        return hex(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _name(name: Any) -> str:
    return name if isinstance(name, str) else str(_sayable(name, 1))
