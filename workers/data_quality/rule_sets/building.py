"""Makes a rule's check, fit for the columns of the data that it shall be held against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from workers.data_quality.rule_sets import patterns, vocabulary
from workers.data_quality.rule_sets.mistakes import Unfit
from workers.data_quality.rule_sets.vocabulary import RuleText
from workers.data_quality.rule_sets.words import COMPARE, Columns, all_of
from workers.data_quality.rules.checks import Check, File, RowCount, Rows, Unique
from workers.data_quality.rules.fill import FillBaseline, Filled
from workers.data_quality.rules.rule import Rule

Others = Mapping[str, pl.LazyFrame]

# How a date is written, as the engine says it, and how long each part is: the engine alone takes 1 for 01.
FORMS = {
    "YYYY-MM-DD": ("%Y-%m-%d", r"\d{4}-\d\d-\d\d"),
    "YYYY-MM": ("%Y-%m", r"\d{4}-\d\d"),
    "YYYYMMDD": ("%Y%m%d", r"\d{8}"),
    "MMDDYYYY": ("%m%d%Y", r"\d{8}"),
    "MM/DD/YYYY": ("%m/%d/%Y", r"\d\d/\d\d/\d{4}"),
}


@dataclass(frozen=True)
class Among:
    """Another check, made of some of the rows only."""

    check: Check
    among: pl.Expr

    @property
    def by_key(self) -> bool:
        return self.check.by_key

    @property
    def cells(self) -> list[pl.Expr]:
        return self.check.cells

    def applies(self, file: File) -> bool:
        return self.check.applies(file)

    def population(self, file: File) -> pl.LazyFrame:
        return self.check.population(replace(file, rows=file.rows.filter(self.among)))

    def offenders(self, file: File) -> pl.LazyFrame:
        return self.check.offenders(replace(file, rows=file.rows.filter(self.among)))


@dataclass(frozen=True)
class ExistsIn:
    """The cells of ``on`` stand together in a row of the dataset, there under ``other_on``; blank ones need not."""

    by_key = True
    dataset: str
    on: tuple[str, ...]
    other_on: tuple[str, ...]

    @property
    def cells(self) -> list[pl.Expr]:
        return [pl.col(name) for name in self.on]

    def applies(self, file: File) -> bool:
        return self.dataset in file.others

    def population(self, file: File) -> pl.LazyFrame:
        own, _ = self._sides(file)
        return file.part.of(file.rows.drop_nulls(self.on), own)

    def offenders(self, file: File) -> pl.LazyFrame:
        own, other = self._sides(file)
        known = file.part.of(file.others[self.dataset].select(other), self.other_on).unique()
        return self.population(file).join(known, left_on=own, right_on=self.other_on, how="anti")

    def _sides(self, file: File) -> tuple[list[pl.Expr], list[pl.Expr]]:
        """The cells here and there, as texts where they are of different types."""
        here, there = file.rows.collect_schema(), file.others[self.dataset].collect_schema()
        own, others = [], []
        for name, other in zip(self.on, self.other_on, strict=True):
            kind = here[name] if here[name] == there[other] else pl.String
            own.append(pl.col(name).cast(kind))
            others.append(pl.col(other).cast(kind))
        return own, others


def build(text: RuleText, schema: pl.Schema, others: Others, *, source: str = "", version: str = "") -> Rule:
    """The rule for data with these columns. Raises `Unfit` where it does not fit them, or the other datasets."""
    columns = Columns(schema)
    check = BUILD[text.check.kind](text.check, columns, others)
    if text.check.kind in WHOLE and (among := all_of(text.check.where, columns, "check.where")) is not None:  # type: ignore[union-attr]
        check = Among(check, among)
    return Rule(
        id=text.name,
        level=text.level,  # type: ignore[arg-type]  # 1 to 4
        severity=text.severity,
        basis=text.basis,
        check=check,
        stages="".join(text.stages),
        source=source,
        version=version,
        key=columns.names(text.key, "key"),
    )


def _required(check: vocabulary.Required, columns: Columns, others: Others) -> Check:
    blanks = [columns.blank(name, f"check.columns.{index}") for index, name in enumerate(check.columns)]
    return _rows(check, columns, pl.any_horizontal(blanks), *check.columns)


def _in_list(check: vocabulary.InList, columns: Columns, others: Others) -> Check:
    cell = columns.value(check.column, "check.values", *check.values)
    blank = columns.blank(check.column, "check.column")
    return _rows(check, columns, ~blank & ~cell.is_in(check.values), check.column)


def _pattern(check: vocabulary.Matches, columns: Columns, others: Others) -> Check:
    cell = columns.text(check.column, "check.column")
    blank = columns.blank(check.column, "check.column")
    return _rows(check, columns, ~blank & ~cell.str.contains(patterns.whole(check.pattern)), check.column)


def _range(check: vocabulary.Range, columns: Columns, others: Others) -> Check:
    cell = columns.number(check.column, "check.column")
    below = pl.lit(value=False) if check.least is None else cell < check.least
    above = pl.lit(value=False) if check.most is None else cell > check.most
    return _rows(check, columns, below | above, check.column)


def _compare(check: vocabulary.Compare, columns: Columns, others: Others) -> Check:
    left, right = (columns.name(getattr(check, side), f"check.{side}") for side in ("left", "right"))
    kinds = {columns.kind(left), columns.kind(right)} - {"nothing"}
    if len(kinds) > 1:
        raise Unfit("check.right", f"{left} holds {columns.kind(left)} and {right} {columns.kind(right)}")
    return _rows(check, columns, ~COMPARE[check.op](pl.col(left), pl.col(right)), left, right)


def _sum(check: vocabulary.Sum, columns: Columns, others: Others) -> Check:
    parts = [columns.number(name, f"check.columns.{index}") for index, name in enumerate(check.columns)]
    equals = columns.number(check.equals, "check.equals")
    off = (pl.sum_horizontal(part.fill_null(0) for part in parts) - equals).abs()
    return _rows(check, columns, off > check.tolerance, *check.columns, check.equals)


def _date(check: vocabulary.Date, columns: Columns, others: Others) -> Check:
    name = columns.name(check.column, "check.column")
    form, shape = FORMS[check.form]
    cell = pl.col(name).cast(pl.String)
    valid = cell.str.contains(patterns.whole(shape)) & cell.str.to_date(form, strict=False).is_not_null()
    return _rows(check, columns, ~columns.blank(name, "check.column") & ~valid, name)


def _implies(check: vocabulary.Implies, columns: Columns, others: Others) -> Check:
    when, then = all_of(check.when, columns, "check.when"), all_of(check.then, columns, "check.then")
    assert when is not None and then is not None  # noqa: S101, PT018
    shown = dict.fromkeys(columns.name(one.column, "check") for one in (*check.when, *check.then))
    return Rows(~then, tuple(shown), among=when)


def _unique(check: vocabulary.Unique, columns: Columns, others: Others) -> Check:
    return Unique(columns.names(check.columns, "check.columns"))


def _exists_in(check: vocabulary.ExistsIn, columns: Columns, others: Others) -> Check:
    wanted = check.other_columns or check.columns
    other_on: tuple[str, ...] = ()
    if check.dataset in others:
        there = Columns(others[check.dataset].collect_schema())
        other_on = there.names(
            wanted, "check.other_columns" if check.other_columns else f"check.dataset {check.dataset}"
        )
    return ExistsIn(check.dataset, columns.names(check.columns, "check.columns"), other_on)


def _filled(check: vocabulary.Filled, columns: Columns, others: Others) -> Check:
    return Filled(columns.name(check.column, "check.column"), check.at_least)


def _row_count(check: vocabulary.RowCount, columns: Columns, others: Others) -> Check:
    return RowCount(check.tolerance)


def _fill_baseline(check: vocabulary.FillBaseline, columns: Columns, others: Others) -> Check:
    return FillBaseline(check.tolerance, columns.names(check.columns, "check.columns"))


def _rows(check: vocabulary.AmongRows, columns: Columns, fails: pl.Expr, *shown: str) -> Rows:
    names = dict.fromkeys(columns.name(name, "check") for name in shown)
    return Rows(fails, tuple(names), among=all_of(check.where, columns, "check.where"))


# The checks that are not made row by row.
WHOLE = {"unique", "exists_in", "filled"}

BUILD: dict[str, Callable[[Any, Columns, Others], Check]] = {
    "required": _required,
    "unique": _unique,
    "in_list": _in_list,
    "pattern": _pattern,
    "range": _range,
    "compare": _compare,
    "sum": _sum,
    "date": _date,
    "implies": _implies,
    "exists_in": _exists_in,
    "filled": _filled,
    "row_count": _row_count,
    "fill_baseline": _fill_baseline,
}
