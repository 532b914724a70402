"""Gives the cells of a roll their types, and says of each row why it cannot be kept as it is.

Only what makes a row unusable counts here: a number that is none, a blank or repeated key, a row of another county,
year or file type. Whether the values make sense together is for validation, which has the typed rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from workers.florida_data.keys import GOOD, KEY
from workers.florida_data.layouts import Layout, Member
from workers.florida_data.rows import LINE
from workers.roll_columns import Kind

TYPES: dict[Kind, type[pl.DataType]] = {
    Kind.CODE: pl.String,
    Kind.TEXT: pl.String,
    Kind.MONEY: pl.Int64,
    Kind.SIGNED: pl.Int64,
    Kind.INTEGER: pl.Int64,
    Kind.DECIMAL: pl.Float64,
    Kind.YEAR: pl.Int16,
}
_NUMBERS = (Kind.MONEY, Kind.SIGNED, Kind.INTEGER, Kind.DECIMAL, Kind.YEAR)
_DIGITS = {Kind.DECIMAL: r"^(\d+\.?\d*|\.\d+)$", Kind.SIGNED: r"^[+-]?\d+$"}
_ONLY_DIGITS = r"^\+?\d+$"
_MEANINGS = {
    Kind.MONEY: "not a whole number of dollars",
    Kind.SIGNED: "not a whole number of dollars",
    Kind.INTEGER: "not a whole number",
    Kind.DECIMAL: "not a number",
    Kind.YEAR: "not a year",
}
NEGATIVE = "negative"
BLANK_KEY = "blank key"
REPEATED_KEY = "repeated key"
OTHER_COUNTY = "another county's number in CO_NO"


def schema(layout: Layout) -> dict[str, type[pl.DataType]]:
    """The types of the columns in a processed file."""
    return {column.name: TYPES[column.kind] for column in layout.columns}


@dataclass
class Screen:
    """Checks the rows of one file, chunk after chunk. Which keys repeat can only be told once all are there: `keys`."""

    layout: Layout
    member: Member

    @cached_property
    def _numbers(self) -> dict[str, Kind]:
        return {column.name: column.kind for column in self.layout.columns if column.kind in _NUMBERS}

    def read(self, texts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The texts without the spaces that pad numbers, and the same with typed columns.

        A cell that does not fit its column's type is null there.
        """
        typed = texts.with_columns(self._casts(self._numbers))
        odd = [name for name in self._numbers if typed[name].null_count() != texts[name].null_count()]
        if odd:
            texts = texts.with_columns(pl.col(odd).str.strip_chars())
            typed = typed.with_columns(texts.select(self._casts(odd)))
        return texts, typed

    def _casts(self, names: Iterable[str]) -> list[pl.Expr]:
        return [pl.col(name).cast(TYPES[self._numbers[name]], strict=False) for name in names]

    def faults(self, texts: pl.DataFrame, typed: pl.DataFrame) -> dict[int, list[str]]:
        """The reasons against rows, by their line number. Rows with none are absent."""
        found: dict[int, list[str]] = {}
        tests = [*self._number_tests(texts, typed), *self._constant_tests(typed)]
        for reason, wrong in tests:
            for line in typed.filter(wrong)[LINE].to_list():
                found.setdefault(line, []).append(reason)
        blank = self._blank_keys(texts)
        for line in texts[LINE].filter(blank).to_list() if blank.any() else ():
            found.setdefault(line, []).append(f"{BLANK_KEY}: {' and '.join(self.layout.key)} must be filled")
        return found

    def keys(self, texts: pl.DataFrame, faults: Iterable[int]) -> pl.DataFrame:
        """The keys of the rows that have one, as `Keys` takes them; ``faults`` are the lines that cannot be kept."""
        columns = [texts[name] for name in self.layout.key]
        key = columns[0] if len(columns) == 1 else pl.select(pl.concat_str(columns, separator="\x1f")).to_series()
        rows = pl.DataFrame({KEY: key, LINE: texts[LINE]}).filter(~self._blank_keys(texts))
        return rows.with_columns((~pl.col(LINE).is_in(list(faults))).alias(GOOD))

    def _blank_keys(self, texts: pl.DataFrame) -> pl.Series:
        blank = pl.any_horizontal(pl.col(name).fill_null("").str.strip_chars() == "" for name in self.layout.key)
        return texts.select(blank).to_series()

    def _number_tests(self, texts: pl.DataFrame, typed: pl.DataFrame) -> list[tuple[str, pl.Series]]:
        """A test per column where some cell is not of its kind; usually there is no such column."""
        tests = []
        for name, kind in self._numbers.items():
            cells, numbers = texts[name], typed[name]
            if numbers.null_count() == cells.null_count() and _plain(cells, numbers, kind):
                continue
            shaped = cells.str.contains(_DIGITS.get(kind, _ONLY_DIGITS)) & numbers.is_not_null()
            negative = cells.str.contains(r"^-\d+\.?\d*$") & (kind is not Kind.SIGNED)
            wrong = cells.is_not_null() & (cells != "") & ~shaped
            tests.append((f"{name} is {NEGATIVE}", wrong & negative))
            tests.append((f"{name} is {_MEANINGS[kind]}", wrong & ~negative))
        return tests

    def _constant_tests(self, typed: pl.DataFrame) -> list[tuple[str, pl.Series]]:
        """The columns that say of each row which file it belongs to."""
        expected: dict[str, tuple[str, int | str]] = {
            "CO_NO": (f"{OTHER_COUNTY}, where {self.member.county_no} was expected", self.member.county_no),
            "ASMNT_YR": (f"ASMNT_YR is not {self.member.year}", self.member.year),
            "TAX_YR": (f"TAX_YR is not {self.member.year}", self.member.year),
        }
        for name in ("FILE_T", "ROLL_T", "REC_T"):
            expected[name] = f"{name} is not {self.layout.file_letter}", self.layout.file_letter
        return [
            (reason, typed[name].ne_missing(value))
            for name, (reason, value) in expected.items()
            if name in typed.columns
        ]


def _plain(cells: pl.Series, numbers: pl.Series, kind: Kind) -> bool:
    """Whether all cells are usual numbers of their kind: digits only, hence not below zero."""
    if kind is Kind.DECIMAL:
        return bool(cells.str.contains(_DIGITS[kind]).all())
    return kind is Kind.SIGNED or not (numbers < 0).any()
