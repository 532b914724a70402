"""The sales of a sample roll: up to two per parcel, which the sale file lists and the real-property roll echoes."""

import polars as pl

from workers.sample.draws import Draws

# Qualification codes and about how often they occur.
_CODES = ["01", "02", "03", "05", "11", "12", "14", "16", "18", "19", "30", "37", "40", "41", "98", "99"]
_CODE_WEIGHTS = [340, 53, 13, 5, 373, 8, 49, 4, 5, 6, 30, 19, 2, 8, 1, 2]
_QUALIFIED = ["01", "02", "03", "05"]
MINIMUM_STAMPS = 100  # the price that the least documentary stamp tax stands for
# From this county number on the sample counties record book and page, the ones before it a clerk's number.
_BY_BOOK_FROM = 40
PAGES_IN_A_BOOK = 2_000
_FIELDS = ["QUAL_CD", "VI_CD", "SALE_PRC", "SALE_YR", "SALE_MO", "OR_BOOK", "OR_PAGE", "CLERK_NO"]
SLOT_COLUMNS = ["MULTI_PAR_SAL", *_FIELDS, "SAL_CHNG_CD"]


def with_sales(parcels: pl.DataFrame, draws: Draws, county_no: int, year: int) -> pl.DataFrame:
    """The parcels with their two sale slots filled (older sale first) or null. Needs row, JV, built, and no more."""
    parcels = parcels.with_columns(
        first=draws.chance("sold", 0.11), second=draws.chance("sold", 0.11) & draws.chance("sold twice", 0.16)
    )
    parcels = parcels.with_columns(_slot(draws, 1, pl.col("first"), pl.col("second"), county_no, year))
    return parcels.with_columns(_slot(draws, 2, pl.col("second"), pl.col("second"), county_no, year))


def _slot(draws: Draws, slot: int, sold: pl.Expr, twice: pl.Expr, county_no: int, year: int) -> list[pl.Expr]:
    def draw(name: str) -> str:
        return f"{name} {slot}"

    code = draws.choice(draw("code"), _CODES, _CODE_WEIGHTS)
    # Of two sales the first lies in the previous year and the second in the assessment year.
    current = twice if slot == 2 else ~twice & draws.chance(draw("current"), 0.29)
    market = (pl.col("JV") * 1.08 * draws.spread(draw("price"), 0.22) / 100).round().cast(pl.Int64) * 100
    least = draws.choice(draw("least"), [MINIMUM_STAMPS, 0], [88, 12])
    price = pl.when(code.is_in(_QUALIFIED)).then(pl.max_horizontal(market, 1000)).otherwise(least)
    serial = pl.col("row").cast(pl.Int64) * 2 + slot
    by_book = county_no >= _BY_BOOK_FROM
    values = {
        "MULTI_PAR_SAL": pl.when(code == "05").then(pl.lit("D" if by_book else "C")),
        "QUAL_CD": code,
        "VI_CD": pl.when(pl.col("built")).then(pl.lit("I")).otherwise(pl.lit("V")),
        "SALE_PRC": price,
        "SALE_YR": pl.when(current).then(pl.lit(year)).otherwise(pl.lit(year - 1)),
        "SALE_MO": pl.when(current)
        .then(draws.whole(draw("month"), 1, 5))
        .otherwise(draws.whole(draw("month"), 1, 12))
        .cast(pl.String)
        .str.zfill(2),
        "OR_BOOK": _padded(serial // PAGES_IN_A_BOOK + 1000, 4) if by_book else pl.lit(None, pl.String),
        "OR_PAGE": _padded(serial % PAGES_IN_A_BOOK + 1, 4) if by_book else pl.lit(None, pl.String),
        "CLERK_NO": pl.lit(None, pl.String) if by_book else pl.lit(str(year - slot)) + _padded(serial, 9),
        "SAL_CHNG_CD": pl.when(code == "03").then(draws.choice(draw("change"), ["1", "2", "3", "4", "6", "7"])),
    }
    return [pl.when(sold).then(value).alias(f"{name}{slot}") for name, value in values.items()]


def _padded(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)


def sale_rows(parcels: pl.DataFrame) -> pl.DataFrame:
    """The rows of the sale file for these parcels, the newest sale of a parcel first, as real files have them."""
    slots = [_slot_rows(parcels, slot) for slot in (2, 1)]
    return pl.concat(slots).sort("row", "slot", descending=[False, True])


def _slot_rows(parcels: pl.DataFrame, slot: int) -> pl.DataFrame:
    renamed = {f"{name}{slot}": name for name in SLOT_COLUMNS}
    other = [f"{name}{3 - slot}" for name in SLOT_COLUMNS]
    rows = parcels.filter(pl.col(f"QUAL_CD{slot}").is_not_null()).drop(other).rename(renamed)
    instrument = pl.coalesce("CLERK_NO", pl.col("OR_BOOK") + pl.col("OR_PAGE"))
    return rows.rename({"SAL_CHNG_CD": "SAL_CHG_CD", "STATE_PAR_ID": "STATE_PARCEL_ID"}).with_columns(
        slot=pl.lit(slot), SALE_ID_CD=pl.lit("99000") + instrument
    )
