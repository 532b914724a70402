"""The rules of the sale file (SDF). The figures are those of Broward's preliminary file of 2025 and its 95,332 rows."""

import polars as pl

from workers.data_quality.rules.checks import Agree, Related, Rows, Unique
from workers.data_quality.rules.expressions import (
    COUNTY,
    DUE,
    PARCELS_SUBMISSION,
    SUBMISSION,
    YEAR,
    end_of_month,
    is_blank,
    matches,
)
from workers.data_quality.rules.fill import filled_as_before
from workers.data_quality.rules.rule import Rule
from workers.data_quality.rules.sales import (
    MINIMUM_STAMPS,
    MULTIPLE_PARCELS,
    NEWLY_DISCOVERED,
    PHYSICAL_CHANGE,
    QUALIFIED,
    STAMP_PRICE,
    is_listed,
)

KEY = ("PARCEL_ID", "SALE_ID_CD")

_code = pl.col("QUAL_CD")
_price = pl.col("SALE_PRC")
_change = pl.col("SAL_CHG_CD")
_multiple = pl.col("MULTI_PAR_SAL")
_sold = end_of_month(pl.col("SALE_YR"), pl.col("SALE_MO"))
_has_clerk = ~is_blank(pl.col("CLERK_NO"))
_has_book = ~is_blank(pl.col("OR_BOOK")) & ~is_blank(pl.col("OR_PAGE"))
_WHEN = ("SALE_YR", "SALE_MO")
_INSTRUMENT = ("CLERK_NO", "OR_BOOK", "OR_PAGE")


def _sale_slots(sales: pl.LazyFrame, parcels: pl.LazyFrame) -> pl.LazyFrame:
    """The sales that the parcels remember: a row for each slot that is filled."""
    slots = [
        parcels.select(
            "PARCEL_ID",
            *(pl.col(f"{name}{slot}").alias(name) for name in (*_WHEN, "SALE_PRC")),
        )
        for slot in (1, 2)
    ]
    return pl.concat(slots).drop_nulls()


RULES = [
    Rule(
        "sdf.county",
        4,
        "error",
        "CO_NO is the county of the file's name in every row",
        Rows(pl.col("CO_NO").ne_missing(COUNTY), ("CO_NO",)),
    ),
    Rule(
        "sdf.year",
        4,
        "error",
        "ASMNT_YR is the year of the file's name in every row",
        Rows(pl.col("ASMNT_YR").ne_missing(YEAR), ("ASMNT_YR",)),
    ),
    Rule(
        "sdf.one-submission",
        4,
        "error",
        "RS_ID, the submission, is the same in every row",
        Rows(pl.col("RS_ID").ne_missing(SUBMISSION), ("RS_ID",)),
    ),
    Rule(
        "sdf.submission-of-parcels",
        4,
        "error",
        "RS_ID is that of the county's NAL",
        Rows(pl.col("RS_ID").ne_missing(PARCELS_SUBMISSION), ("RS_ID",), needs_parcels=True),
    ),
    Rule(
        "sdf.parcel-present",
        4,
        "error",
        "PARCEL_ID is not blank",
        Rows(is_blank(pl.col("PARCEL_ID")), ("PARCEL_ID",)),
    ),
    Rule(
        "sdf.sale-id-present",
        4,
        "error",
        "SALE_ID_CD is not blank",
        Rows(is_blank(pl.col("SALE_ID_CD")), ("SALE_ID_CD",)),
    ),
    Rule("sdf.unique", 4, "error", "PARCEL_ID and SALE_ID_CD together name one row", Unique(KEY)),
    Rule(
        "sdf.parcel-known",
        4,
        "error",
        "the parcel of every sale is in the NAL of the same submission",
        Related(
            lambda sales, parcels: sales.select(KEY),
            lambda sales, parcels: parcels.select("PARCEL_ID"),
            on=("PARCEL_ID",),
        ),
    ),
    Rule(
        "sdf.price",
        4,
        "error",
        "SALE_PRC is whole dollars, not below 0",
        Rows(_price < 0, ("SALE_PRC",)),
    ),
    Rule(
        "sdf.use-code",
        3,
        "error",
        "DOR_UC is one of the use codes 000 to 099",
        Rows(~matches(pl.col("DOR_UC"), r"0\d\d"), ("DOR_UC",)),
    ),
    Rule(
        "sdf.qualification-code",
        3,
        "error",
        "QUAL_CD is on the list of 2025",
        Rows(~is_listed(_code), ("QUAL_CD",)),
    ),
    Rule(
        "sdf.qualified-price",
        3,
        "error",
        "a qualified sale (01, 02) has a price above the stamps' minimum of 100; 0 of 42,300 do not",
        Rows(_price <= STAMP_PRICE, ("QUAL_CD", "SALE_PRC"), among=_code.is_in(QUALIFIED)),
    ),
    Rule(
        "sdf.minimum-stamps-price",
        1,
        "warning",
        "code 11 (corrective deed, minimum or no stamps) usually has a price up to 100; 1,398 of 46,448 are above",
        Rows(_price > STAMP_PRICE, ("QUAL_CD", "SALE_PRC"), among=_code == MINIMUM_STAMPS),
    ),
    Rule(
        "sdf.change-code-present",
        3,
        "error",
        "code 03 (changed after the sale) says what changed in SAL_CHG_CD; 0 of 111 do not",
        Rows(is_blank(_change), ("QUAL_CD", "SAL_CHG_CD"), among=_code == PHYSICAL_CHANGE),
    ),
    Rule(
        "sdf.change-code-absent",
        2,
        "warning",
        "SAL_CHG_CD is for code 03 only; 1 row has it with another",
        Rows(~is_blank(_change), ("QUAL_CD", "SAL_CHG_CD"), among=_code != PHYSICAL_CHANGE),
    ),
    Rule(
        "sdf.multiple-parcels-marked",
        2,
        "warning",
        "code 05 (multiple parcels) has C or D in MULTI_PAR_SAL; 16 of 1,705 do not",
        Rows(
            ~_multiple.is_in(["C", "D"]).fill_null(value=False),
            ("QUAL_CD", "MULTI_PAR_SAL"),
            among=_code == MULTIPLE_PARCELS,
        ),
    ),
    Rule(
        "sdf.one-price-per-clerk-number",
        3,
        "error",
        "the parcels of one instrument (C: one clerk number) all carry its full price; 0 of 926 differ",
        Agree("SALE_PRC", ("CLERK_NO",), among=_multiple == "C"),
    ),
    Rule(
        "sdf.one-price-per-book-and-page",
        3,
        "error",
        "the parcels of one instrument (D: one book and page) all carry its full price",
        Agree("SALE_PRC", ("OR_BOOK", "OR_PAGE"), among=_multiple == "D"),
    ),
    Rule(
        "sdf.one-instrument",
        3,
        "error",
        "a sale is recorded by clerk number or by book and page, never by both",
        Rows(_has_clerk & _has_book, _INSTRUMENT),
    ),
    Rule(
        "sdf.instrument-present",
        2,
        "warning",
        "a sale is recorded by clerk number or by book and page; 1,835 of 1.73 million statewide by neither",
        Rows(~_has_clerk & ~_has_book, _INSTRUMENT),
    ),
    Rule(
        "sdf.sale-year",
        3,
        "error",
        "SALE_YR is the year of the roll or the one before",
        Rows(~(pl.col("SALE_YR") - YEAR).is_in([-1, 0]), _WHEN),
    ),
    Rule(
        "sdf.sale-month",
        2,
        "warning",
        "SALE_YR and SALE_MO name a month; 2 statewide are blank",
        Rows(_sold.is_null(), _WHEN),
    ),
    Rule(
        "sdf.not-in-future",
        2,
        "warning",
        "a sale is not after the month in which the roll is due; 19 statewide are",
        Rows(_sold > DUE.dt.month_end(), _WHEN),
    ),
    Rule(
        "sdf.discovered-lately",
        1,
        "warning",
        "code 99 is for a sale discovered in the last 90 days; 36 of 141 are older than that (the day of discovery is"
        " not in the file)",
        Rows(_sold < DUE.dt.offset_by("-90d"), ("QUAL_CD", *_WHEN), among=_code == NEWLY_DISCOVERED),
    ),
    Rule(
        "sdf.parcels-echo",
        1,
        "warning",
        "the sales that the NAL remembers are in this file with their month and price; 145 of 1.73 million are not",
        Related(
            _sale_slots,
            lambda sales, parcels: sales.select("PARCEL_ID", *_WHEN, "SALE_PRC"),
            on=("PARCEL_ID", *_WHEN, "SALE_PRC"),
        ),
    ),
    filled_as_before("sdf"),
]
