"""The tangible-property accounts of a sample county: what businesses own, with the damage that real files carry."""

import polars as pl

from workers.counties import County
from workers.sample import words
from workers.sample.draws import Draws

EXEMPTION = 25_000  # code M: the first 25,000 dollars of tangible property
_INDUSTRIES = ["531110", "722511", "812910", "541110", "621111", "236115", "811192", "453998", "524210", "561730"]
LOST_MARK = "\ufffd" * 3  # what the published files have where an apostrophe was


def make_accounts(county: County, year: int, seed: int, rows: range) -> pl.DataFrame:
    """The accounts numbered ``rows``, with the columns of a NAP file that are not always blank."""
    draws = Draws(seed, county.no, year, "accounts")
    fixtures = (8_400 * draws.spread("fixtures", 1.6)).floor().cast(pl.Int64)
    leased = pl.when(draws.chance("leased", 0.2)).then((2_000 * draws.spread("leased", 1.2)).floor().cast(pl.Int64))
    accounts = pl.DataFrame({"row": pl.Series(rows, dtype=pl.UInt64)}).with_columns(
        JV_F_F_E=fixtures, JV_LESE_IMP=leased, exempt=draws.chance("exempt", 0.93)
    )
    accounts = accounts.with_columns(JV_TOTAL=pl.col("JV_F_F_E") + pl.col("JV_LESE_IMP").fill_null(0))
    base = pl.when("exempt").then(pl.min_horizontal("JV_TOTAL", EXEMPTION)).otherwise(0)
    charity = pl.when(pl.col("exempt") & draws.chance("charity", 0.02)).then(pl.col("JV_TOTAL") - base).otherwise(0)
    accounts = accounts.with_columns(base=base, charity=charity)
    accounts = accounts.with_columns(EXMPT_VAL=pl.col("base") + pl.col("charity"))
    return accounts.with_columns(_values(draws) + _identity(draws, county, year) + _people(draws))


def _values(draws: Draws) -> list[pl.Expr]:
    base, charity = pl.col("base").cast(pl.String), pl.col("charity").cast(pl.String)
    pairs = pl.when(pl.col("charity") > 0).then(pl.lit("M;") + base + ";A;" + charity).otherwise(pl.lit("M;") + base)
    return [
        pl.col("JV_TOTAL").alias("AV_TOTAL"),
        pl.lit(0).alias("JV_POL_CONTRL"),
        pl.lit(0).alias("AV_POL_CONTRL"),
        (pl.col("JV_TOTAL") - pl.col("EXMPT_VAL")).alias("TAX_VAL"),
        draws.choice("penalty", [0, 5, 10, 25], [90, 4, 3, 3]).alias("PEN_RATE"),
        pl.when("exempt").then(pairs).alias("EXMPT"),
    ]


def _identity(draws: Draws, county: County, year: int) -> list[pl.Expr]:
    row = pl.col("row").cast(pl.Int64)
    return [
        pl.lit(county.no).alias("CO_NO"),
        (row * 7 + 27).cast(pl.String).str.zfill(12).alias("ACCT_ID"),
        pl.lit("P").alias("FILE_T"),
        pl.lit(year).alias("ASMNT_YR"),
        draws.choice("authority", ["0912", "0100", "3012", "0012", "2413"]).alias("TAX_AUTH_CD"),
        draws.choice("industry", _INDUSTRIES).alias("NAICS_CD"),
        (row + 1).alias("SEQ_NO"),
        pl.lit(f"{(county.no * 1733 + year) % 65536:04X}").alias("TS_ID"),
    ]


def _people(draws: Draws) -> list[pl.Expr]:
    person = draws.chance("person", 0.25)
    name = pl.when(person).then(words.persons(draws, "owner")).otherwise(words.companies(draws, "owner"))
    damaged = draws.choice("damaged", words.GIVEN) + LOST_MARK + "S " + draws.choice("shop", words.TRADES)
    address = words.street_addresses(draws, "owner address")
    foreign = draws.chance("foreign", 0.01)
    town = words.towns(draws, "owner town")
    return [
        pl.when(draws.chance("damage", 0.004))
        .then(damaged)
        .when(draws.chance("padding", 0.002))
        .then(name + "  ")
        .otherwise(name)
        .str.slice(0, 50)
        .alias("OWN_NAM"),
        pl.when(draws.chance("tab", 0.001))
        .then(address + "\tREAR")
        .otherwise(address)
        .str.slice(0, 30)
        .alias("OWN_ADDR"),
        pl.when(foreign).then(pl.lit("*") + town + ", ON").otherwise(town).alias("OWN_CITY"),
        pl.when(foreign).then(pl.lit("*C")).otherwise(pl.lit("FL")).alias("OWN_STATE"),
        pl.when(foreign).then(pl.lit("NW10")).otherwise(words.zip_codes(draws, "owner zip")).alias("OWN_ZIPCD"),
        words.street_addresses(draws, "situs").alias("PHY_ADDR"),
        pl.when(draws.chance("code for a town", 0.002)).then(pl.lit("0012")).otherwise(town).alias("PHY_CITY"),
        words.zip_codes(draws, "situs zip").alias("PHY_ZIPCD"),
    ]
