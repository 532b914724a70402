"""The rules of the tangible personal property file (NAP). All hold on the 90,508 rows of Broward's file of 2025."""

import polars as pl

from workers.data_quality.rules.checks import Cells, Rows, Unique
from workers.data_quality.rules.expressions import COUNTY, SUBMISSION, YEAR, is_blank, total
from workers.data_quality.rules.fill import filled_as_before
from workers.data_quality.rules.rule import Rule

KEY = ("ACCT_ID",)

_MONEY = "JV_.*|AV_.*|EXMPT_VAL|TAX_VAL"
_jv, _av = pl.col("JV_TOTAL"), pl.col("AV_TOTAL")
_exempt = pl.col("EXMPT_VAL").fill_null(0)
# "M;0;A;25000": codes and values by turns.
_exemptions = (
    pl.col("EXMPT")
    .fill_null("")
    .str.split(";")
    .list.gather_every(2, offset=1)
    .list.eval(pl.element().str.strip_chars().cast(pl.Int64, strict=False))
    .list.sum()
)

RULES = [
    Rule(
        "nap.county",
        4,
        "error",
        "CO_NO is the county of the file's name in every row",
        Rows(pl.col("CO_NO").ne_missing(COUNTY), ("CO_NO",)),
    ),
    Rule(
        "nap.year",
        4,
        "error",
        "ASMNT_YR is the year of the file's name in every row",
        Rows(pl.col("ASMNT_YR").ne_missing(YEAR), ("ASMNT_YR",)),
    ),
    Rule(
        "nap.file-letter",
        4,
        "error",
        "FILE_T is P in every row",
        Rows(pl.col("FILE_T").ne_missing("P"), ("FILE_T",)),
    ),
    Rule(
        "nap.one-submission",
        4,
        "error",
        "TS_ID, the submission, is the same in every row",
        Rows(pl.col("TS_ID").ne_missing(SUBMISSION), ("TS_ID",)),
    ),
    Rule(
        "nap.account-present",
        4,
        "error",
        "ACCT_ID is not blank",
        Rows(is_blank(pl.col("ACCT_ID")), ("ACCT_ID",)),
    ),
    Rule("nap.unique", 4, "error", "ACCT_ID names one row", Unique(KEY)),
    Rule(
        "nap.money",
        4,
        "error",
        "values are whole dollars, not below 0",
        Cells(_MONEY, lambda cell: cell < 0),
    ),
    Rule(
        "nap.fiduciary-blank",
        2,
        "error",
        "the fiduciary's columns have been blank since 2012",
        Cells("FIDU_.*", lambda cell: ~is_blank(cell)),
    ),
    Rule(
        "nap.just-value-sum",
        3,
        "error",
        "JV_F_F_E and JV_LESE_IMP add up to JV_TOTAL",
        Rows(total(("JV_F_F_E", "JV_LESE_IMP")) != _jv, ("JV_F_F_E", "JV_LESE_IMP", "JV_TOTAL")),
    ),
    Rule(
        "nap.assessed-value",
        3,
        "error",
        "the assessed value is at most the just value",
        Rows(_av > _jv, ("AV_TOTAL", "JV_TOTAL")),
    ),
    Rule(
        "nap.taxable-value",
        3,
        "error",
        "AV_TOTAL less EXMPT_VAL is TAX_VAL",
        Rows(_av - _exempt != pl.col("TAX_VAL"), ("AV_TOTAL", "EXMPT_VAL", "TAX_VAL")),
    ),
    Rule(
        "nap.exemption-sum",
        3,
        "error",
        "the values of the pairs in EXMPT add up to EXMPT_VAL",
        Rows(_exemptions != _exempt, ("EXMPT", "EXMPT_VAL")),
    ),
    filled_as_before("nap"),
]
