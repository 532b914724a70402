"""The non-ad-valorem assessments of a sample county: what districts charge its parcels beside the tax on their values.

The layout is unverified (see `roll_columns`); the rows fit it, and that is all that they promise.
"""

import polars as pl

from workers.counties import County
from workers.florida_data.layouts import FileType
from workers.florida_data.sample.parcel_ids import parcel_ids
from workers.sample.draws import Draws

MOST = 3  # assessments of a parcel


def make_levies(county: County, year: int, seed: int, rows: range, file_type: FileType) -> pl.DataFrame:
    """The NAVN rows of the parcels numbered ``rows``, or their NAVD rows, whose amounts add up to the former's."""
    draws = Draws(seed, county.no, year, "levies")
    parcels = pl.DataFrame({"row": pl.Series(rows, dtype=pl.UInt64)}).with_columns(
        NO_ASMNT=draws.whole("number", 1, MOST),
        CO_NO=pl.lit(county.no),
        PARCEL_ID=parcel_ids(county.no),
    )
    parcels = parcels.with_columns(
        pl.when(pl.col("NO_ASMNT") >= at).then(draws.whole(f"cents {at}", 1_200, 61_000)).alias(f"cents {at}")
        for at in range(1, MOST + 1)
    )
    return _totals(parcels, year) if file_type == "NAVN" else _each(parcels, draws)


def _totals(parcels: pl.DataFrame, year: int) -> pl.DataFrame:
    serial = pl.col("row").cast(pl.Int64) + 1
    return parcels.with_columns(
        ROLL_T=pl.lit("N"),
        TC_ACCT_NO=serial.cast(pl.String).str.zfill(9),
        TAX_YR=pl.lit(year),
        TOT_ASMNT=_dollars(pl.sum_horizontal(pl.col("^cents .*$"))),
        SEQ_NO=serial,
    )


def _each(parcels: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    kinds = [
        parcels.filter(pl.col("NO_ASMNT") >= at).with_columns(
            at=pl.lit(at),
            ASMNT_AMT=_dollars(pl.col(f"cents {at}")),
            LEVY_ID=pl.lit(f"NAV{at:03}"),
            FUNC_CD=draws.whole(f"function {at}", 1, 10),
            LOC_GOV_CD=draws.whole(f"government {at}", 1, 4),
        )
        for at in range(1, MOST + 1)
    ]
    serial = pl.col("row").cast(pl.Int64) * MOST + pl.col("at")
    return pl.concat(kinds).sort("row", "at").with_columns(REC_T=pl.lit("D"), SEQ_NO=serial)


def _dollars(cents: pl.Expr) -> pl.Expr:
    return (cents // 100).cast(pl.String) + "." + (cents % 100).cast(pl.String).str.zfill(2)
