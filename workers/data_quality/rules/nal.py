"""The rules of the real property file (NAL).

What could be measured was measured statewide in 2026, on 11 million rows, or on the rows of Broward's file of 2025.
Nobody could measure how the values relate to each other: those rules warn.
"""

import polars as pl

from workers.data_quality.rules.checks import Cells, RowCount, Rows, Unique
from workers.data_quality.rules.expressions import COUNTY, SUBMISSION, YEAR, is_blank, matches, total
from workers.data_quality.rules.fill import filled_as_before
from workers.data_quality.rules.rule import Rule
from workers.data_quality.rules.sales import QUALIFIED, STAMP_PRICE, is_listed

KEY = ("PARCEL_ID",)

_CLASSES = (
    *("HMSTD", "NON_HMSTD_RESD", "RESD_NON_RESD", "CLASS_USE", "H2O_RECHRGE", "CONSRV_LND"),
    *("HIST_COM_PROP", "HIST_SIGNF", "WRKNG_WTRFNT"),
)
_JV_PARTS = tuple(f"JV_{name}" for name in _CLASSES)
_AV_PARTS = tuple(f"AV_{name}" for name in _CLASSES)
_HISTORIC = ("JV_HIST_COM_PROP", "AV_HIST_COM_PROP", "JV_HIST_SIGNF", "AV_HIST_SIGNF")
_MONEY = "|".join(
    [
        *("JV", *_JV_PARTS, "AV_.*", "TV_.*", "NCONST_VAL", "DEL_VAL", "LND_VAL", "SPEC_FEAT_VAL"),
        *("SALE_PRC[12]", "ASS_DIF_TRNS", r"EXMPT_\d\d"),
    ]
)
_YEARS = "DISTR_YR|EFF_YR_BLT|ACT_YR_BLT|SALE_YR[12]|YR_VAL_TRNSF|SPC_CIR_YR"
_MMYY = r"(0[1-9]|1[0-2])\d\d"


def _codes(*ranges: tuple[int, int]) -> list[str]:
    return [f"{code:03}" for first, last in ranges for code in range(first, last + 1)]


# The use codes of each basic stratum: 09 are the farms of 03 with a homestead, 10 what of 07 has no taxable value. The
# others (11, 12) depend on value alone.
_STRATA = {
    "01": _codes((1, 2), (4, 5)),
    "02": _codes((6, 6), (8, 8)),
    "03": _codes((50, 69), (97, 97)),
    "04": _codes((0, 0), (7, 7)),
    "05": _codes((10, 10), (40, 40), (99, 99)),
    "06": _codes((3, 3), (11, 39), (41, 49)),
    "07": _codes((70, 96), (98, 98)),
    "09": _codes((50, 69), (97, 97)),
    "10": _codes((70, 96), (98, 98)),
    "13": _codes((9, 9)),
}
_stratum = pl.col("BAS_STRT")
_in_wrong_stratum = pl.any_horizontal(
    (_stratum == stratum) & ~pl.col("DOR_UC").is_in(codes) for stratum, codes in _STRATA.items()
)

_jv, _change, _change_code = pl.col("JV"), pl.col("JV_CHNG"), pl.col("JV_CHNG_CD")
_units, _unit_code = pl.col("NO_LND_UNTS"), pl.col("LND_UNTS_CD")
_is_historic = total(_HISTORIC) > 0


def _sale_rules(slot: int) -> list[Rule]:
    code, price = pl.col(f"QUAL_CD{slot}"), pl.col(f"SALE_PRC{slot}")
    shown = (f"QUAL_CD{slot}", f"SALE_PRC{slot}")
    return [
        Rule(
            f"nal.qualification-code-{slot}",
            3,
            "error",
            f"QUAL_CD{slot} is on the list of 2025",
            Rows(~is_listed(code), shown[:1]),
        ),
        Rule(
            f"nal.qualified-price-{slot}",
            2,
            "warning",
            "a qualified sale (01, 02) has a price above the stamps' minimum of 100; not measured in this file",
            Rows(price <= STAMP_PRICE, shown, among=code.is_in(QUALIFIED)),
        ),
    ]


_IDENTITY = [
    Rule(
        "nal.county",
        4,
        "error",
        "CO_NO is the county of the file's name in every row",
        Rows(pl.col("CO_NO").ne_missing(COUNTY), ("CO_NO",)),
    ),
    Rule(
        "nal.year",
        4,
        "error",
        "ASMNT_YR is the year of the file's name in every row",
        Rows(pl.col("ASMNT_YR").ne_missing(YEAR), ("ASMNT_YR",)),
    ),
    Rule(
        "nal.file-letter",
        4,
        "error",
        "FILE_T is R in every row",
        Rows(pl.col("FILE_T").ne_missing("R"), ("FILE_T",)),
    ),
    Rule(
        "nal.one-submission",
        4,
        "error",
        "RS_ID, the submission, is the same in every row",
        Rows(pl.col("RS_ID").ne_missing(SUBMISSION), ("RS_ID",)),
    ),
    Rule(
        "nal.parcel-present",
        4,
        "error",
        "PARCEL_ID is not blank",
        Rows(is_blank(pl.col("PARCEL_ID")), ("SEQ_NO",)),
    ),
    Rule("nal.unique", 4, "error", "PARCEL_ID names one row", Unique(KEY)),
    Rule(
        "nal.row-count",
        2,
        "warning",
        "a county has about as many parcels as in its last release: within 5 %",
        RowCount(tolerance=0.05),
    ),
]

_VALUES = [
    Rule(
        "nal.money",
        4,
        "error",
        "values are whole dollars, not below 0 (JV_CHNG alone may be)",
        Cells(_MONEY, lambda cell: cell < 0),
    ),
    Rule(
        "nal.school-values",
        2,
        "warning",
        "TV_SD is at most AV_SD, and that at most JV; not measured",
        Rows((pl.col("TV_SD") > pl.col("AV_SD")) | (pl.col("AV_SD") > _jv), ("TV_SD", "AV_SD", "JV")),
    ),
    Rule(
        "nal.county-values",
        2,
        "warning",
        "TV_NSD is at most AV_NSD, and that at most JV; not measured",
        Rows((pl.col("TV_NSD") > pl.col("AV_NSD")) | (pl.col("AV_NSD") > _jv), ("TV_NSD", "AV_NSD", "JV")),
    ),
    Rule(
        "nal.just-value-parts",
        2,
        "warning",
        "the nine parts of the just value add up to JV, but for parcels of a municipal historic class; not measured",
        Rows(total(_JV_PARTS) != _jv, ("JV", *_JV_PARTS), among=~_is_historic),
    ),
    Rule(
        "nal.assessed-value-parts",
        2,
        "warning",
        "the nine parts of the assessed value add up to AV_NSD, but for parcels of a municipal historic class; not"
        " measured",
        Rows(total(_AV_PARTS) != pl.col("AV_NSD"), ("AV_NSD", *_AV_PARTS), among=~_is_historic),
    ),
    Rule(
        "nal.change-blank",
        2,
        "warning",
        "JV_CHNG is blank before the final roll; not measured",
        Rows(_change.is_not_null(), ("JV_CHNG",)),
        stages="SP",
    ),
    Rule(
        "nal.change-size",
        2,
        "warning",
        "JV_CHNG is for a change of more than 100; not measured",
        Rows(_change.abs() <= 100, ("JV_CHNG",), among=_change.is_not_null()),
        stages="F",
    ),
    Rule(
        "nal.change-code",
        2,
        "warning",
        "JV_CHNG_CD stands where JV_CHNG does, and nowhere else; not measured",
        Rows(_change.is_null() != is_blank(_change_code), ("JV_CHNG", "JV_CHNG_CD")),
    ),
]

_USE = [
    Rule(
        "nal.use-code",
        3,
        "error",
        "DOR_UC is one of the use codes 000 to 099",
        Rows(~matches(pl.col("DOR_UC"), r"0\d\d"), ("DOR_UC",)),
    ),
    Rule(
        "nal.stratum",
        2,
        "warning",
        "BAS_STRT is one of 01 to 07 and 09 to 13, and that of the use code; not measured",
        Rows(_in_wrong_stratum | ~matches(_stratum, "0[1-79]|1[0-3]"), ("BAS_STRT", "DOR_UC")),
    ),
    Rule(
        "nal.fiduciary-blank",
        2,
        "error",
        "the fiduciary's columns have been blank since 2012",
        Cells("FIDU_.*", lambda cell: ~is_blank(cell)),
    ),
    Rule(
        "nal.split",
        1,
        "warning",
        "PAR_SPLT is 1 (split) or 2 (combined) and MMYY; not measured",
        Rows(~matches(pl.col("PAR_SPLT"), f"[12]{_MMYY}"), ("PAR_SPLT",)),
    ),
    Rule(
        "nal.inspection",
        1,
        "warning",
        "DT_LAST_INSPT is MMYY, or 0000 where it is not known; not measured",
        Rows(~matches(pl.col("DT_LAST_INSPT"), f"{_MMYY}|0000"), ("DT_LAST_INSPT",)),
    ),
    Rule(
        "nal.years",
        1,
        "warning",
        "years have four digits; not measured",
        Cells(_YEARS, lambda cell: ~cell.is_between(1000, 9999)),
    ),
    Rule(
        "nal.combined-units",
        1,
        "warning",
        "NO_LND_UNTS is blank with LND_UNTS_CD 6 (combination); not measured",
        Rows(_units.is_not_null(), ("LND_UNTS_CD", "NO_LND_UNTS"), among=_unit_code == "6"),
    ),
    Rule(
        "nal.fractional-units",
        1,
        "warning",
        "NO_LND_UNTS has decimals with LND_UNTS_CD 1 (acres) only; not measured",
        Rows(_units != _units.floor(), ("LND_UNTS_CD", "NO_LND_UNTS"), among=_unit_code.ne_missing("1")),
    ),
]

# The change of the just value is for final rolls only.
RULES = [
    *_IDENTITY,
    *_VALUES,
    *_USE,
    *_sale_rules(1),
    *_sale_rules(2),
    filled_as_before("nal", "JV_CHNG", "JV_CHNG_CD"),
]
