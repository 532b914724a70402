"""The parcels of a sample county: use, values, exemptions, owner and place, consistent with each other as on a roll."""

import polars as pl

from workers.counties import County
from workers.florida_data.sample.parcel_ids import parcel_ids
from workers.florida_data.sample.sales import with_sales
from workers.florida_data.sample.uses import SHARES, TABLE
from workers.sample import words
from workers.sample.draws import Draws

NAME_CUT = 30  # real rolls cut owner names here, though the guide allows more
HOMESTEAD = 25_000
# The additional homestead exemption applies to the value between 50,000 and this much more.
ADDITIONAL_FROM, ADDITIONAL_UP_TO = 50_000, 25_722
_INSPECTIONS = [f"{month:02}{year}" for year in (20, 22, 23, 24) for month in range(1, 13)] + ["0000"]  # MMYY
_SPLITS = ["10424", "20125", "11024"]  # 1 split or 2 combined, then MMYY


def make_parcels(county: County, year: int, seed: int, rows: range, total: int) -> pl.DataFrame:
    """The parcels numbered ``rows`` of a county with ``total`` of them, with the columns of a NAL file by their names.

    Columns that are blank on every row are left out.
    """
    draws = Draws(seed, county.no, year)
    use = draws.choice("use", list(range(TABLE.height)), SHARES)
    parcels = pl.DataFrame({"row": pl.Series(rows, dtype=pl.UInt64)}).with_columns(use=use)
    parcels = parcels.join(TABLE.with_row_index("use").cast({"use": pl.Int64}), on="use", how="left")
    parcels = _valued(parcels, draws)
    parcels = parcels.with_columns(_identity(county, year, draws))
    parcels = parcels.with_columns(_land(draws, total) + _buildings(draws, year))
    parcels = parcels.with_columns(_owner(draws, county) + _place(draws, county))
    return with_sales(parcels, draws, county.no, year)


def _valued(parcels: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Just, assessed and taxable values: the parts add up, and no value exceeds the one above it."""
    home = (pl.col("dwellings") == 1) & ~pl.col("farm") & draws.chance("homestead", 0.62)
    value = (pl.col("median") * draws.spread("value", 0.62) / 10).round().cast(pl.Int64) * 10
    parcels = parcels.with_columns(JV=pl.max_horizontal(value, 10), home=home)
    parcels = parcels.with_columns(
        resident=~pl.col("home") & ((pl.col("dwellings") > 0) & (pl.col("dwellings") < 10) & ~pl.col("farm")),
        classified=pl.when("farm").then(_share(pl.col("JV"), 0.85)),
        fertile=pl.when("farm").then(_share(pl.col("JV"), 0.06)),
        capped=_share(pl.col("JV"), 0.5 + draws.uniform("cap") * 0.5),
        softly=_share(pl.col("JV"), 0.8 + draws.uniform("cap") * 0.2),
    )
    farmed = pl.col("JV") - pl.col("classified") + pl.col("fertile")
    county_value = (
        pl.when("home").then("capped").when("resident").then("softly").when("farm").then(farmed).otherwise("JV")
    )
    # The 10 % cap of other dwellings does not hold for schools.
    school_value = pl.when("resident").then("JV").otherwise(county_value)
    parcels = parcels.with_columns(AV_NSD=county_value, AV_SD=school_value)
    return parcels.with_columns(_parts() + _exemptions()).with_columns(_taxable())


def _share(value: pl.Expr, part: float | pl.Expr) -> pl.Expr:
    return (value * part).floor().cast(pl.Int64)


def _parts() -> list[pl.Expr]:
    rest = ~pl.col("home") & ~pl.col("resident")
    return [
        pl.when("home").then("JV").alias("JV_HMSTD"),
        pl.when("home").then("AV_NSD").alias("AV_HMSTD"),
        pl.when("resident").then("JV").alias("JV_NON_HMSTD_RESD"),
        pl.when("resident").then("AV_NSD").alias("AV_NON_HMSTD_RESD"),
        pl.when(rest).then(pl.col("JV") - pl.col("classified").fill_null(0)).alias("JV_RESD_NON_RESD"),
        pl.when(rest).then(pl.col("AV_NSD") - pl.col("fertile").fill_null(0)).alias("AV_RESD_NON_RESD"),
        pl.col("classified").alias("JV_CLASS_USE"),
        pl.col("fertile").alias("AV_CLASS_USE"),
    ]


def _exemptions() -> list[pl.Expr]:
    value = pl.col("AV_NSD")
    return [
        pl.when("home").then(pl.min_horizontal(value, pl.lit(HOMESTEAD))).alias("EXMPT_01"),
        pl.when("home").then((value - ADDITIONAL_FROM).clip(0, ADDITIONAL_UP_TO)).alias("EXMPT_02"),
        pl.when(pl.col("exempt") == "EXMPT_09").then(value).alias("EXMPT_09"),
        pl.when(pl.col("exempt") == "EXMPT_20").then(value).alias("EXMPT_20"),
    ]


def _taxable() -> list[pl.Expr]:
    whole = pl.sum_horizontal("EXMPT_01", "EXMPT_09", "EXMPT_20")
    return [
        (pl.col("AV_SD") - whole).alias("TV_SD"),  # the additional homestead exemption does not hold for schools
        (pl.col("AV_NSD") - whole - pl.col("EXMPT_02").fill_null(0)).alias("TV_NSD"),
    ]


def _identity(county: County, year: int, draws: Draws) -> list[pl.Expr]:
    row = pl.col("row").cast(pl.Int64)
    stratum = pl.col("BAS_STRT")
    active = pl.when(stratum <= "07").then(stratum.str.slice(1))
    block, lot = (row // 100).cast(pl.String).str.zfill(7), (row % 100 * 10).cast(pl.String).str.zfill(4)
    return [
        pl.lit(county.no).alias("CO_NO"),
        parcel_ids(county.no).alias("PARCEL_ID"),
        pl.lit("R").alias("FILE_T"),
        pl.lit(year).alias("ASMNT_YR"),
        active.alias("ATV_STRT"),
        pl.when(active.is_not_null()).then(draws.choice("group", ["1", "2", "3", "4", "5"])).alias("GRP_NO"),
        draws.choice("county use", ["00", "01", "02", "10", None], [20, 60, 5, 10, 5]).alias("PA_UC"),
        (row + 1).alias("SEQ_NO"),
        pl.lit(f"{(county.no * 2741 + year) % 65536:04X}").alias("RS_ID"),
        (row + 0x1000).map_batches(_hexadecimal, return_dtype=pl.String).alias("MP_ID"),
        pl.concat_str([pl.lit("C" + str(county.no)), block.str.slice(0, 3), block.str.slice(3), lot], separator="-")
        .add(pl.lit("-0"))
        .alias("STATE_PAR_ID"),
    ]


def _hexadecimal(numbers: pl.Series) -> pl.Series:
    return pl.Series([f"{number:08X}" for number in numbers.to_list()])


def _land(draws: Draws, total: int) -> list[pl.Expr]:
    feet = (pl.lit(9_500) * draws.spread("land", 0.9)).round().cast(pl.Int64)
    unit = pl.when("farm").then(pl.lit("1")).otherwise(draws.choice("land unit", ["2", "5", "6"], [60, 30, 10]))
    acres = (feet * 40).cast(pl.String)
    units = (
        pl.when(unit == "1")
        .then(acres)
        .when(unit == "2")
        .then(feet.cast(pl.String))
        .when(unit == "5")
        .then(pl.lit("1"))
    )
    return [
        _share(pl.col("JV"), pl.when("built").then(0.28).otherwise(1.0)).alias("LND_VAL"),
        unit.alias("LND_UNTS_CD"),
        units.alias("NO_LND_UNTS"),
        pl.when(pl.col("DOR_UC") != "004").then(feet).alias("LND_SQFOOT"),
        draws.choice("inspected", _INSPECTIONS).alias("DT_LAST_INSPT"),
        pl.when(draws.chance("split", 0.004)).then(draws.choice("split kind", _SPLITS)).alias("PAR_SPLT"),
        pl.lit(0).alias("DEL_VAL"),
        pl.lit(0).alias("SPEC_FEAT_VAL"),
        draws.choice("market", ["01", "02", "5A", "C05", "99"]).alias("MKT_AR"),
        (pl.col("row").cast(pl.Int64) * 90 // total * 10 + 100_000).cast(pl.String).alias("NBRHD_CD"),
        draws.choice("authority", ["0912", "0100", "3012", "0012", "2413"]).alias("TAX_AUTH_CD"),
    ]


def _buildings(draws: Draws, year: int) -> list[pl.Expr]:
    built = draws.whole("built", 1948, year - 1)
    area = (1_650 * draws.spread("area", 0.35) * pl.max_horizontal("dwellings", 1)).round().cast(pl.Int64)
    values = {
        "IMP_QUAL": draws.choice("quality", ["1", "2", "3", "4", "5", "6"], [3, 17, 50, 20, 8, 2]),
        "CONST_CLASS": draws.choice("class", ["1", "2", "3", "4", "5"], [2, 8, 60, 28, 2]),
        "ACT_YR_BLT": built,
        "EFF_YR_BLT": pl.min_horizontal(built + draws.whole("renewed", 0, 12), year - 1),
        "TOT_LVG_AREA": area,
        "NO_BULDNG": pl.lit(1),
    }
    columns = [pl.when("built").then(value).alias(name) for name, value in values.items()]
    units = pl.when(pl.col("dwellings") > 0).then("dwellings").alias("NO_RES_UNTS")
    new = pl.when(pl.col("built") & (built == year - 1)).then(_share(pl.col("JV"), 0.7)).otherwise(0)
    return [*columns, units, new.alias("NCONST_VAL")]


def _owner(draws: Draws, county: County) -> list[pl.Expr]:
    name = (
        pl.when(pl.col("owner") == "office")
        .then(words.offices(draws, "owner", county.name))
        .when((pl.col("owner") == "company") | draws.chance("held by a company", 0.12))
        .then(words.companies(draws, "owner"))
        .otherwise(words.persons(draws, "owner"))
    )
    state = draws.choice("owner state", words.STATES, words.STATE_WEIGHTS)
    public = pl.when(county.no % 2 == 0, pl.col("owner") == "office").then(draws.choice("public", ["C", "M", "S", "F"]))
    return [
        name.str.slice(0, NAME_CUT).alias("OWN_NAME"),
        words.street_addresses(draws, "owner address").alias("OWN_ADDR1"),
        words.towns(draws, "owner town").alias("OWN_CITY"),
        state.alias("OWN_STATE"),
        pl.when(state != "ONTARIO").then(words.zip_codes(draws, "owner zip")).alias("OWN_ZIPCD"),
        public.alias("PUBLIC_LND"),
    ]


def _place(draws: Draws, county: County) -> list[pl.Expr]:
    row = pl.col("row").cast(pl.Int64)
    section = (row // 1000 % 36 + 1).cast(pl.String).str.zfill(2)
    township = (row // 36_000 % 30 + 20).cast(pl.String)
    lot = pl.lit(" LOT ") + (row % 60 + 1).cast(pl.String)
    return [
        (words.towns(draws, "subdivision").str.slice(0, 16) + " SUB" + lot).alias("S_LEGAL"),
        (township + "S").alias("TWN"),
        pl.lit(f"{county.no - 10:02}E").alias("RNG"),
        section.alias("SEC"),
        (pl.lit(county.fips) + draws.whole("tract", 1, 999_999).cast(pl.String).str.zfill(7)).alias("CENSUS_BK"),
        words.street_addresses(draws, "situs").alias("PHY_ADDR1"),
        words.towns(draws, "situs town").alias("PHY_CITY"),
        pl.when(draws.chance("situs zip", 0.93)).then(words.zip_codes(draws, "situs zip code")).alias("PHY_ZIPCD"),
    ]
