"""What a learned rule is: conditions on a parcel's columns, all of which must hold, and the value that follows."""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

Json = dict[str, Any]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Value = str | int | float | list[str] | None
Operator = Literal["equals", "in", "starts_with", "at_least", "at_most", "is_blank"]


class Condition(TypedDict):
    """Something that holds of a column: ``value`` is a text, a number, a list for ``in``, nothing for ``is_blank``."""

    field: Name
    op: Operator
    value: Value


class Assignment(TypedDict):
    """The column that a rule gives a value, and the value."""

    field: Name
    value: str


class Example(TypedDict):
    """A test of a rule: a row, and whether the rule applies to it."""

    row: dict[Name, str | int | float | None]
    applies: bool


def applies(when: Sequence[Condition]) -> pl.Expr:
    """Whether all conditions hold of a row. A blank cell meets only ``is_blank``."""
    conditions = [TESTS[one["op"]](pl.col(one["field"]), one["value"]) for one in when]
    return functools.reduce(operator.and_, conditions).fill_null(value=False)


def fields(when: Sequence[Condition]) -> set[str]:
    """The columns that the conditions look at."""
    return {one["field"] for one in when}


def failures(when: Sequence[Condition], tests: Sequence[Example]) -> list[int]:
    """The indexes of the tests that the conditions do not pass. A column that a row lacks is blank."""
    failed = []
    for index, test in enumerate(tests):
        row = {name: [test["row"].get(name)] for name in fields(when)}
        if pl.DataFrame(row).select(applies(when)).item() is not test["applies"]:
            failed.append(index)
    return failed


def problem(condition: Condition) -> str:
    """Why the value does not go with the operator; empty if it does."""
    kind, words = TAKES[condition["op"]]
    value = condition["value"]
    fits = value is None if kind is None else isinstance(value, kind) and value != []
    return "" if fits else f"{condition['op']} takes {words}"


def _text(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.String)


def _number(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.Float64, strict=False)


TESTS: dict[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "equals": lambda column, value: _text(column) == str(value),
    "in": lambda column, value: _text(column).is_in(value),
    "starts_with": lambda column, value: _text(column).str.starts_with(value),
    "at_least": lambda column, value: _number(column) >= value,
    "at_most": lambda column, value: _number(column) <= value,
    "is_blank": lambda column, value: _text(column).str.strip_chars().fill_null("") == "",
}
TAKES: dict[str, tuple[Any, str]] = {
    "equals": (str | int, "a text or a whole number"),
    "in": (list, "a list of texts"),
    "starts_with": (str, "a text"),
    "at_least": (int | float, "a number"),
    "at_most": (int | float, "a number"),
    "is_blank": (None, "no value: null"),
}
