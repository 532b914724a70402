"""The columns that can be asked for, and the values that theirs are compared with."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workers.contract import InvalidParameters
from workers.data_quality.profiles.cells import Column, Sort

_SAME = ("equals", "not_equals", "in")
_RANGE = ("above", "at_least", "below", "at_most")
_GAPS = ("is_blank", "is_filled")
TAKES: Mapping[Sort, tuple[str, ...]] = {
    "whole": (*_SAME, *_RANGE, *_GAPS),
    "real": (*_SAME, *_RANGE, *_GAPS),
    "day": (*_SAME, *_RANGE, *_GAPS),
    "boolean": (*_SAME, *_GAPS),
    "text": (*_SAME, *_RANGE, "starts_with", "contains", *_GAPS),
    "other": _GAPS,
}
_TEXTS = ("text", "char")  # what the declared types of texts have in them


@dataclass(frozen=True)
class Known:
    """A column of the source: its name, its quoted name as ``sql``, and what its cells are.

    ``collated``: it is a text that the database may order in another way than by its characters. ``kind``: the type
    that a value is cast to, where it is told as text.
    """

    name: str
    sql: str
    sort: Sort
    collated: bool = False
    kind: str = ""

    @property
    def operators(self) -> tuple[str, ...]:
        return TAKES[self.sort]

    def place(self, parameter: str) -> str:
        return f"CAST({parameter} AS {self.kind})" if self.kind else parameter


def of_dataset(types: Mapping[str, str], quote: Callable[[str], str]) -> dict[str, Known]:
    """The columns of a dataset, by their names in small letters."""
    columns = [Column(name, kind, kind) for name, kind in types.items()]
    return {
        one.name.lower(): Known(one.name, quote(one.name), one.sort, kind=one.kind if one.sort == "day" else "")
        for one in columns
    }


def of_table(types: Mapping[str, str], kinds: Mapping[str, str], quote: Callable[[str], str]) -> dict[str, Known]:
    """The columns of a table. A percent sign in a name is no parameter."""
    sorts: Mapping[str, Sort] = {"integer": "whole", "real": "real", "boolean": "boolean", "text": "text"}
    return {
        name.lower(): Known(
            name,
            quote(name).replace("%", "%%"),
            sorts[kinds[name]],
            any(word in types[name].lower() for word in _TEXTS),
        )
        for name in types
    }


def fitting(column: Known, value: Any, path: str) -> Any:
    """``value`` as the column's cells are compared with it. Raises `InvalidParameters` naming ``path``."""
    try:
        return _READ[column.sort](value)
    except ValueError as error:
        raise InvalidParameters(f"{path}: {column.name} is compared with {error}", field=path) from error


def _whole(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"a whole number, not {value!r}")
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"a whole number of at most 64 bits, not {value}")
    return value


def _real(value: Any) -> float | int:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"a number, not {value!r}")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false, not {value!r}")
    return value


def _day(value: Any) -> str:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise ValueError(f"a date such as '2025-06-30', not {value!r}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a text such as '05', in quotation marks, not {value!r}")
    return value


_READ: Mapping[Sort, Callable[[Any], Any]] = {
    "whole": _whole,
    "real": _real,
    "boolean": _boolean,
    "day": _day,
    "text": _text,
}
