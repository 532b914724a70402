"""The words that the rules are written in: constants of the file beside each row, and questions about a cell."""

from datetime import date

import polars as pl

# What the file as a whole is: a column of each name stands beside the file's own (see `constants`).
COUNTY = pl.col("file.county_no")
YEAR = pl.col("file.year")
SUBMISSION = pl.col("file.rs_id")
PARCELS_SUBMISSION = pl.col("file.parcels_rs_id")
DUE = pl.col("file.due")

# When a roll is due: sales in April, the preliminary roll in July, the final one in October. The files do not say
# on what day they were made.
DUE_MONTH = {"S": 4, "P": 7, "F": 10}


def constants(county_no: int, year: int, stage: str, rs_id: str | None, parcels_rs_id: str | None) -> list[pl.Expr]:
    """The constants of a file, as columns to be added to its rows."""
    values = {"county_no": county_no, "year": year, "due": date(year, DUE_MONTH[stage], 1)}
    submissions = {"rs_id": rs_id, "parcels_rs_id": parcels_rs_id}
    return [
        *(pl.lit(value).alias(f"file.{name}") for name, value in values.items()),
        *(pl.lit(value, dtype=pl.String).alias(f"file.{name}") for name, value in submissions.items()),
    ]


def is_blank(cell: pl.Expr) -> pl.Expr:
    """Whether a text cell has nothing in it, or spaces only."""
    return cell.is_null() | (cell.str.strip_chars() == "")


def matches(cell: pl.Expr, pattern: str) -> pl.Expr:
    """Whether all of a text cell is of the pattern."""
    return cell.str.contains(f"^(?:{pattern})$")


def total(names: tuple[str, ...]) -> pl.Expr:
    """The sum of a row's cells; an empty one is nothing."""
    return pl.sum_horizontal(pl.col(name).cast(pl.Int64) for name in names)


def end_of_month(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """The last day of a month that is given by a number and a text such as ``02``; null if there is no such month."""
    return pl.concat_str(year.cast(pl.String), month, separator="-").str.to_date("%Y-%m", strict=False).dt.month_end()
