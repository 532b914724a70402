"""Turns what a rule says of columns into expressions, held against the columns that the data have."""

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any

import polars as pl
from rapidfuzz import process as fuzzy

from workers.data_quality.rule_sets import patterns
from workers.data_quality.rule_sets.mistakes import Unfit
from workers.data_quality.rule_sets.vocabulary import Condition
from workers.data_quality.rules.expressions import is_blank

COMPARE = {
    "=": pl.Expr.eq,
    "!=": pl.Expr.ne,
    "<": pl.Expr.lt,
    "<=": pl.Expr.le,
    ">": pl.Expr.gt,
    ">=": pl.Expr.ge,
}


class Columns:
    """The columns of a dataset, found whatever the case of their names."""

    def __init__(self, schema: pl.Schema):
        self.schema = schema
        self._names = {name.lower(): name for name in schema.names() if not name.startswith("file.")}

    def name(self, wanted: str, field: str) -> str:
        """The column's own name. Raises `Unfit` that names ``field`` and the nearest column."""
        if wanted.lower() in self._names:
            return self._names[wanted.lower()]
        if not self._names:
            raise Unfit(field, "the data have no columns")
        nearest = fuzzy.extractOne(wanted.lower(), list(self._names))[0]
        raise Unfit(field, f"the data have no column {wanted!r}; the nearest is {self._names[nearest]!r}")

    def names(self, wanted: Sequence[str], field: str) -> tuple[str, ...]:
        return tuple(self.name(one, f"{field}.{index}") for index, one in enumerate(wanted))

    def text(self, wanted: str, field: str) -> pl.Expr:
        """The cells of a column that must hold texts."""
        return self._typed(wanted, field, "text", "texts")

    def number(self, wanted: str, field: str) -> pl.Expr:
        """The cells of a column that must hold numbers."""
        return self._typed(wanted, field, "number", "numbers")

    def blank(self, wanted: str, field: str) -> pl.Expr:
        """Whether a cell has nothing in it, or spaces only."""
        name = self.name(wanted, field)
        return is_blank(pl.col(name)) if self.kind(name) == "text" else pl.col(name).is_null()

    def value(self, wanted: str, field: str, *values: Any) -> pl.Expr:
        """The cells of a column with which all of ``values`` can be compared."""
        are_texts = {isinstance(value, str) for value in values}
        if are_texts == {True, False}:
            raise Unfit(field, "texts and numbers stand side by side: write codes in quotes")
        return self.text(wanted, field) if are_texts == {True} else self.number(wanted, field)

    def kind(self, name: str) -> str:
        """text, number, nothing (all cells are empty), or the type's own name."""
        dtype = self.schema[name]
        if dtype == pl.Null:
            return "nothing"
        if dtype == pl.String:
            return "text"
        return "number" if dtype.is_numeric() else str(dtype).lower()

    def _typed(self, wanted: str, field: str, kind: str, words: str) -> pl.Expr:
        name = self.name(wanted, field)
        if (found := self.kind(name)) == "nothing":
            return pl.col(name).cast(pl.String if kind == "text" else pl.Float64)
        if found != kind:
            raise Unfit(field, f"the column {name} holds {found} and not {words}")
        return pl.col(name)


def all_of(conditions: Sequence[Condition], columns: Columns, field: str) -> pl.Expr | None:
    """Whether all conditions hold of a row, null where a blank cell leaves it open; None if there are none."""
    words = [_condition(one, columns, f"{field}.{index}") for index, one in enumerate(conditions)]
    return reduce(and_, words) if words else None


def _condition(condition: Condition, columns: Columns, field: str) -> pl.Expr:
    column, op, value = condition.column, condition.op, condition.value
    if op in ("blank", "filled"):
        blank = columns.blank(column, f"{field}.column")
        return blank if op == "blank" else ~blank
    if op == "matches":
        return columns.text(column, f"{field}.column").str.contains(patterns.whole(str(value)))
    values = value if isinstance(value, list) else [value]
    cell = columns.value(column, f"{field}.value", *values)
    if op in ("in", "not in"):
        return cell.is_in(values) if op == "in" else ~cell.is_in(values)
    return COMPARE[op](cell, pl.lit(value))
