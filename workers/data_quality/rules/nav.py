"""The rules of the non-ad-valorem files (NAV N, a row a parcel; NAV D, a row an assessment).

Their layout is unverified: no published row was seen. So only what makes a row that of another file, or a row without
its parcel, is an error; the rest are warnings, for a person who has the files to look at.
"""

import polars as pl

from workers.data_quality.rules.checks import Rows, Unique
from workers.data_quality.rules.expressions import COUNTY, YEAR, is_blank, matches
from workers.data_quality.rules.rule import Rule

KEY_N = ("PARCEL_ID", "SEQ_NO")
KEY_D = ("PARCEL_ID", "LEVY_ID", "FUNC_CD", "SEQ_NO")
_number, _total, _amount = pl.col("NO_ASMNT"), pl.col("TOT_ASMNT"), pl.col("ASMNT_AMT")


def _identity(prefix: str, letter: str, letter_column: str, key: tuple[str, ...]) -> list[Rule]:
    county = "CO_NO is the county of the file's name in every row"
    return [
        Rule(f"{prefix}.county", 4, "error", county, Rows(pl.col("CO_NO").ne_missing(COUNTY), ("CO_NO",))),
        Rule(
            f"{prefix}.letter",
            4,
            "error",
            f"{letter_column} is {letter} in every row",
            Rows(pl.col(letter_column).ne_missing(letter), (letter_column,)),
        ),
        Rule(
            f"{prefix}.parcel-present",
            4,
            "error",
            "PARCEL_ID is not blank",
            Rows(is_blank(pl.col("PARCEL_ID")), ("PARCEL_ID",)),
        ),
        Rule(f"{prefix}.unique", 4, "error", f"{', '.join(key)} name one row", Unique(key)),
    ]


RULES_N = [
    *_identity("navn", "N", "ROLL_T", KEY_N),
    Rule(
        "navn.year",
        4,
        "error",
        "TAX_YR is the year of the file's name in every row",
        Rows(pl.col("TAX_YR").ne_missing(YEAR), ("TAX_YR",)),
    ),
    Rule("navn.total", 3, "warning", "the total is not below 0", Rows(_total < 0, ("TOT_ASMNT",))),
    Rule(
        "navn.number",
        2,
        "warning",
        "a parcel with a total has assessments, and one without assessments has no total",
        Rows((_total.fill_null(0) > 0) != (_number.fill_null(0) > 0), ("TOT_ASMNT", "NO_ASMNT")),
    ),
]
RULES_D = [
    *_identity("navd", "D", "REC_T", KEY_D),
    Rule(
        "navd.amount",
        3,
        "warning",
        "an amount is there and not below 0",
        Rows(_amount.is_null() | (_amount < 0), ("ASMNT_AMT",)),
    ),
    Rule(
        "navd.function-code",
        2,
        "warning",
        "the function code is a number from 1 to 10; what each means differs between the accounts of it",
        Rows(~matches(pl.col("FUNC_CD"), "0?[1-9]|10"), ("FUNC_CD",)),
    ),
]
