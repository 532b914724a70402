"""The kinds of check that a rule can make, each on a whole file at once.

A check says what it is about, its population, and which of that are the offenders. Both are lazy frames, so that a
file of any size is read in a stream. One that compares rows with each other can be made of a part of their keys at a
time, so that no more of them are in memory than a part has.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from workers.warehouse.fills import Baseline


@dataclass(frozen=True)
class LastRelease:
    """The release of the same county that the warehouse holds now: its name and how many rows it has."""

    release: str
    rows: int


@dataclass(frozen=True)
class Part:
    """One of ``count`` parts of all keys: those whose hash falls into it."""

    number: int = 0
    count: int = 1

    def of(self, rows: pl.LazyFrame, key: Iterable[str | pl.Expr]) -> pl.LazyFrame:
        """The rows whose key is in this part. Equal keys of one type are in one part, whatever rows they are of."""
        if self.count == 1:
            return rows
        return rows.filter(pl.struct(*key).hash() % self.count == self.number)


@dataclass(frozen=True)
class File:
    """What the rules look at: the rows of a file, and what there is to compare them with.

    ``rows`` has, beside the file's own columns, the constants that `expressions` names. ``others`` are further
    datasets, by the names that rules call them. ``part``: the keys that a check by key is about now.
    """

    rows: pl.LazyFrame
    parcels: pl.LazyFrame | None = None
    last: LastRelease | None = None
    baseline: Baseline | None = None
    others: Mapping[str, pl.LazyFrame] = field(default_factory=dict)
    part: Part = Part()


class Check(Protocol):
    """What a rule demands of a file."""

    @property
    def by_key(self) -> bool:
        """Whether it compares rows by a key, so that all parts of the file together are what it is about."""

    @property
    def cells(self) -> list[pl.Expr]:
        """What an example shows of an offender, beside its key."""

    def applies(self, file: File) -> bool:
        """Whether there is what the check needs."""

    def population(self, file: File) -> pl.LazyFrame:
        """What the check is about: rows, or groups of rows."""

    def offenders(self, file: File) -> pl.LazyFrame:
        """Those of the population that break the rule."""


class RowCheck:
    """A check on each row by itself: many of them are made in one pass over the file."""

    by_key = False
    among: pl.Expr | None
    fails: pl.Expr

    @property
    def checked(self) -> pl.Expr:
        """How many rows the check is about."""
        return pl.len() if self.among is None else self.among.fill_null(value=False).sum()

    @property
    def offends(self) -> pl.Expr:
        """Whether a row breaks the rule. A comparison with an empty cell breaks none."""
        fails = self.fails if self.among is None else self.among & self.fails
        return fails.fill_null(value=False)

    def population(self, file: File) -> pl.LazyFrame:
        return file.rows if self.among is None else file.rows.filter(self.among.fill_null(value=False))

    def offenders(self, file: File) -> pl.LazyFrame:
        return file.rows.filter(self.offends)


@dataclass(frozen=True)
class Rows(RowCheck):
    """No row of those ``among`` which the rule is about (all, if None) ``fails``."""

    fails: pl.Expr
    shown: tuple[str, ...]
    among: pl.Expr | None = None
    needs_parcels: bool = False

    @property
    def cells(self) -> list[pl.Expr]:
        return [pl.col(name) for name in self.shown]

    def applies(self, file: File) -> bool:
        return file.parcels is not None or not self.needs_parcels


@dataclass(frozen=True)
class Cells(RowCheck):
    """No cell fails of the columns whose whole name matches ``names``, a regular expression."""

    names: str
    cell_fails: Callable[[pl.Expr], pl.Expr]
    among: None = None

    @property
    def _columns(self) -> pl.Expr:
        return pl.col(f"^({self.names})$")

    @property
    def fails(self) -> pl.Expr:  # type: ignore[override]
        return pl.any_horizontal(self.cell_fails(self._columns))

    @property
    def cells(self) -> list[pl.Expr]:
        """The cells that fail; nothing in place of the others."""
        return [pl.when(self.cell_fails(self._columns)).then(self._columns)]

    def applies(self, file: File) -> bool:
        return True


@dataclass(frozen=True)
class Unique:
    """No two rows have the same ``key``; each key that repeats counts once."""

    by_key = True
    key: tuple[str, ...]

    @property
    def cells(self) -> list[pl.Expr]:
        return [pl.col("ROWS")]

    def applies(self, file: File) -> bool:
        return True

    def population(self, file: File) -> pl.LazyFrame:
        return file.part.of(file.rows.select(self.key).drop_nulls(), self.key)

    def offenders(self, file: File) -> pl.LazyFrame:
        return self.population(file).group_by(self.key).agg(pl.len().alias("ROWS")).filter(pl.col("ROWS") > 1)


@dataclass(frozen=True)
class Agree:
    """The rows ``among`` which the rule is about have one ``value`` in each group of the same ``within``."""

    by_key = True
    value: str
    within: tuple[str, ...]
    among: pl.Expr

    @property
    def cells(self) -> list[pl.Expr]:
        return [pl.col(name) for name in (*self.within, "ROWS", "LEAST", "GREATEST")]

    def applies(self, file: File) -> bool:
        return True

    def population(self, file: File) -> pl.LazyFrame:
        value = pl.col(self.value)
        rows = file.part.of(file.rows.filter(self.among).drop_nulls(self.within), self.within)
        return rows.group_by(self.within).agg(
            pl.len().alias("ROWS"), value.min().alias("LEAST"), value.max().alias("GREATEST")
        )

    def offenders(self, file: File) -> pl.LazyFrame:
        return self.population(file).filter(pl.col("LEAST") != pl.col("GREATEST"))


@dataclass(frozen=True)
class Related:
    """Nothing in ``population_of`` is without its match in ``known``; both are made of the file and its parcels."""

    by_key = True
    population_of: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]
    known: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]
    on: tuple[str, ...]

    @property
    def cells(self) -> list[pl.Expr]:
        return [pl.col(name) for name in self.on]

    def applies(self, file: File) -> bool:
        return file.parcels is not None

    def population(self, file: File) -> pl.LazyFrame:
        assert file.parcels is not None  # noqa: S101
        return file.part.of(self.population_of(file.rows, file.parcels), self.on)

    def offenders(self, file: File) -> pl.LazyFrame:
        assert file.parcels is not None  # noqa: S101
        known = file.part.of(self.known(file.rows, file.parcels), self.on)
        return self.population(file).join(known, on=self.on, how="anti")


@dataclass(frozen=True)
class RowCount:
    """The number of rows is within ``tolerance`` (a fraction) of the last release's."""

    by_key = False
    tolerance: float

    @property
    def cells(self) -> list[pl.Expr]:
        return [pl.col("ROWS"), pl.col("LAST_ROWS"), pl.col("LAST_RELEASE")]

    def applies(self, file: File) -> bool:
        return file.last is not None and file.last.rows > 0

    def population(self, file: File) -> pl.LazyFrame:
        last = file.last or LastRelease("", 0)
        return file.rows.select(
            pl.len().cast(pl.Int64).alias("ROWS"),
            pl.lit(last.rows).alias("LAST_ROWS"),
            pl.lit(last.release).alias("LAST_RELEASE"),
        )

    def offenders(self, file: File) -> pl.LazyFrame:
        change = (pl.col("ROWS") - pl.col("LAST_ROWS")).abs() / pl.col("LAST_ROWS")
        return self.population(file).filter(change > self.tolerance)
