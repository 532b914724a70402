"""Checks of how far columns are filled: by a share that the rule names, or by the county's own last release."""

from dataclasses import dataclass

import polars as pl

from workers.data_quality.rules.checks import File
from workers.data_quality.rules.rule import Rule

TOLERANCE = 0.05
# A few rows of a sparse column more or less say nothing: so many standard errors are allowed beside the tolerance.
ERRORS = 3


def _shares(rows: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """A row for each column: COLUMN, the share of rows FILLED (null where there is no row), and how many ROWS."""
    counts = [pl.col(name).count() / pl.len() for name in names]
    wide = rows.select(pl.len().alias(" rows"), *counts)
    return wide.unpivot(names, index=" rows", variable_name="COLUMN", value_name="FILLED").rename({" rows": "ROWS"})


@dataclass(frozen=True)
class Filled:
    """The column is filled in at least this share of the rows ``among`` which the rule is about."""

    by_key = False
    column: str
    at_least: float
    among: pl.Expr | None = None

    @property
    def cells(self) -> list[pl.Expr]:
        return [pl.col("COLUMN"), pl.col("FILLED").round(4), pl.col("ROWS")]

    def applies(self, file: File) -> bool:
        return True

    def population(self, file: File) -> pl.LazyFrame:
        rows = file.rows if self.among is None else file.rows.filter(self.among)
        return _shares(rows, [self.column]).with_columns(pl.col("FILLED").fill_nan(None))

    def offenders(self, file: File) -> pl.LazyFrame:
        return self.population(file).filter(pl.col("FILLED") < self.at_least)


@dataclass(frozen=True)
class FillBaseline:
    """No column is filled less than in the county's last release, but for ``tolerance`` (a share) and chance.

    It is about ``columns``, or all that both have, but ``without``. Where there is no baseline it is about none.
    """

    by_key = False
    tolerance: float = TOLERANCE
    columns: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def cells(self) -> list[pl.Expr]:
        return [pl.col("COLUMN"), pl.col("FILLED", "BASELINE").round(4), pl.col("BASELINE_RELEASE")]

    def applies(self, file: File) -> bool:
        return True

    def population(self, file: File) -> pl.LazyFrame:
        filled = file.baseline.filled if file.baseline else {}
        names = [name for name in self._names(file) if name.lower() in filled]
        before = pl.LazyFrame(
            {"COLUMN": names, "BEFORE": [filled[name.lower()] for name in names]},
            {"COLUMN": pl.String, "BEFORE": pl.Int64},
        )
        if not names or file.baseline is None:
            return before.select("COLUMN", *(pl.lit(None, pl.Float64).alias(one) for one in ("FILLED", "BASELINE")),
                                 pl.lit(0).alias("ROWS"), pl.lit("").alias("BASELINE_RELEASE"))  # fmt: skip
        return _shares(file.rows, names).join(before, on="COLUMN").with_columns(
            BASELINE=pl.col("BEFORE") / file.baseline.rows,
            BASELINE_ROWS=pl.lit(file.baseline.rows),
            BASELINE_RELEASE=pl.lit(file.baseline.release),
        )  # fmt: skip

    def offenders(self, file: File) -> pl.LazyFrame:
        if file.baseline is None:
            return self.population(file)
        share = pl.col("BASELINE")
        chance = ERRORS * (share * (1 - share) * (1 / pl.col("ROWS") + 1 / file.baseline.rows)).sqrt()
        return self.population(file).filter(share - pl.col("FILLED") > self.tolerance + chance)

    def _names(self, file: File) -> list[str]:
        present = file.rows.collect_schema().names()
        return [name for name in self.columns or present if name not in self.without]


def filled_as_before(prefix: str, *without: str) -> Rule:
    """The rule of a type of roll that holds it against the county's own last release."""
    return Rule(
        f"{prefix}.fill-baseline",
        2,
        "warning",
        "no column is filled much less than in the county's own last release: counties differ, so there is no limit"
        " for all",
        FillBaseline(without=without),
    )
