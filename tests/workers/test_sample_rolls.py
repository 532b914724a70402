"""Generated rolls: deterministic, consistent with themselves, and with the quirks of the real ones."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from django.core.management import CommandError, call_command

from tests.workers.roll_files import make_csv
from workers import counties
from workers.florida_data.layouts import layout
from workers.florida_data.sample import rolls
from workers.florida_data.sample.rolls import Roll, csv_chunks

PARCELS = 4_000


def table(content):
    return pl.read_csv(content, infer_schema=False)


def whole(*names):
    return [pl.col(name).cast(pl.Int64).fill_null(0) for name in names]


@pytest.fixture(scope="module")
def nal():
    return table(make_csv("NAL", PARCELS))


@pytest.fixture(scope="module")
def sdf():
    return table(make_csv("SDF", PARCELS))


@pytest.fixture(scope="module")
def nap():
    return table(make_csv("NAP", 60_000))


def make_rolls(folder, *options):
    call_command("make_sample_rolls", *options, out=folder, stdout=io.StringIO())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*.zip")}


def test_the_same_options_write_the_same_bytes_and_another_seed_others(tmp_path):
    options = ("--counties", "Lee", "Broward", "--rows", "30")

    first = make_rolls(tmp_path / "first", *options)

    assert len(first) == 6
    assert "NAL/2025P/Lee 46 Preliminary NAL 2025.zip" in first
    assert make_rolls(tmp_path / "second", *options) == first
    assert make_rolls(tmp_path / "third", *options, "--seed", "2") != first


def test_an_unknown_county_is_refused(tmp_path):
    with pytest.raises(CommandError, match="did you mean Broward"):
        make_rolls(tmp_path, "--counties", "Browerd")


def test_rows_do_not_depend_on_how_they_are_cut_into_chunks(monkeypatch):
    expected = make_csv("NAL", 500)

    monkeypatch.setattr(rolls, "ROWS_AT_ONCE", 64)

    assert make_csv("NAL", 500) == expected


@pytest.mark.parametrize("file_type", ["NAL", "SDF", "NAP"])
def test_files_have_the_pinned_header_and_the_published_line_ends(file_type):
    content = make_csv(file_type, 200)

    assert content.splitlines()[0].decode() == ",".join(layout(file_type, 2025, "P").header)
    assert content.count(b"\r\n") == content.count(b"\n")
    assert b'""' not in content


def test_quoting_is_by_column():
    line = make_csv("SDF", 300).splitlines()[1].decode()
    cells = dict(zip(layout("SDF", 2025, "P").header, next(csv.reader([line], quoting=csv.QUOTE_NONE)), strict=True))

    assert cells["PARCEL_ID"].startswith('"')
    assert cells["QUAL_CD"].startswith('"')
    assert cells["CO_NO"] == "16"
    assert cells["SALE_PRC"].isdecimal()


def test_every_parcel_has_its_own_id(nal):
    assert nal["PARCEL_ID"].n_unique() == nal.height == PARCELS


@pytest.mark.parametrize("county", [11, 12, 13, 15, 26, 41, 62, 70])
def test_ids_are_unique_in_every_shape_and_no_longer_than_allowed(county):
    ids = table(make_csv("NAL", 3_000, county=county))["PARCEL_ID"]

    assert ids.n_unique() == 3_000
    assert ids.str.len_chars().max() <= 26


def test_values_add_up_and_none_exceeds_the_one_above_it(nal):
    parts = pl.selectors.matches(r"^(JV|AV)_[A-Z]") - pl.selectors.by_name("JV_CHNG", "JV_CHNG_CD", "AV_SD", "AV_NSD")
    just, assessed = (nal.select(parts & pl.selectors.starts_with(prefix)).columns for prefix in ("JV", "AV"))
    sums = nal.select(
        pl.sum_horizontal(whole(*just)).alias("just"),
        pl.sum_horizontal(whole(*assessed)).alias("assessed"),
        *whole("JV", "AV_SD", "AV_NSD", "TV_SD", "TV_NSD"),
    )

    assert (sums["just"] == sums["JV"]).all()
    assert (sums["assessed"] == sums["AV_NSD"]).all()
    for taxable, value in (("TV_SD", "AV_SD"), ("TV_NSD", "AV_NSD")):
        assert sums[taxable].min() >= 0
        assert (sums[taxable] <= sums[value]).all()
        assert (sums[value] <= sums["JV"]).all()
    assert sums["JV"].n_unique() > PARCELS / 4


def test_every_sale_is_of_a_parcel_and_is_echoed_by_it(nal, sdf):
    names = ["SALE_PRC", "SALE_YR", "SALE_MO", "QUAL_CD", "CLERK_NO"]
    slots = (nal.select("PARCEL_ID", *(pl.col(f"{name}{slot}").alias(name) for name in names)) for slot in (1, 2))
    echoes = pl.concat(slots).drop_nulls("QUAL_CD")

    assert sdf.height == echoes.height > PARCELS / 20
    assert sdf.join(echoes, on=echoes.columns, how="anti").height == 0
    assert sdf.select("PARCEL_ID", "SALE_ID_CD").n_unique() == sdf.height
    assert sdf["RS_ID"].unique().to_list() == nal["RS_ID"].unique().to_list()


def test_sales_have_the_conventions_of_real_ones(sdf):
    prices = sdf.with_columns(pl.col("SALE_PRC").cast(pl.Int64))

    qualified = prices.filter(pl.col("QUAL_CD").is_in(["01", "02"]))
    assert qualified["SALE_PRC"].min() > 100
    assert (prices["SALE_PRC"] == 100).mean() > 0.25
    assert set(sdf["SALE_YR"]) == {"2024", "2025"}
    assert sdf.filter(pl.col("QUAL_CD") == "03")["SAL_CHG_CD"].null_count() == 0
    assert (
        sdf.filter(pl.col("QUAL_CD") != "03")["SAL_CHG_CD"].null_count() == sdf.filter(pl.col("QUAL_CD") != "03").height
    )


def test_some_counties_record_by_clerk_number_and_others_by_book_and_page(sdf):
    by_book = table(make_csv("SDF", PARCELS, county=65))

    assert sdf["CLERK_NO"].null_count() == sdf["OR_BOOK"].count() == 0
    assert by_book["CLERK_NO"].count() == by_book["OR_BOOK"].null_count() == 0
    assert by_book.select("PARCEL_ID", "SALE_ID_CD").n_unique() == by_book.height


def test_names_are_cut_and_zeros_lead(nal, sdf):
    assert nal["OWN_NAME"].str.len_chars().max() == 30
    assert nal["OWN_NAME"].str.contains(",", literal=True).mean() > 0.3
    assert {"000", "001"} <= set(nal["DOR_UC"])
    assert set(sdf["SALE_MO"].str.len_chars()) == {2}
    assert set(nal["MP_ID"].str.len_chars()) == {8}


def test_accounts_add_up_and_carry_the_damage_of_real_files(nap):
    sums = nap.select(whole("JV_F_F_E", "JV_LESE_IMP", "JV_TOTAL", "AV_TOTAL", "EXMPT_VAL", "TAX_VAL"))
    pairs = nap["EXMPT"].str.extract_all(r"[A-T];(\d+)").list.eval(pl.element().str.slice(2).cast(pl.Int64)).list.sum()

    assert (sums["JV_F_F_E"] + sums["JV_LESE_IMP"] == sums["JV_TOTAL"]).all()
    assert (sums["AV_TOTAL"] - sums["EXMPT_VAL"] == sums["TAX_VAL"]).all()
    assert (pairs.fill_null(0) == sums["EXMPT_VAL"]).all()
    assert nap["ACCT_ID"].n_unique() == nap.height
    assert nap["OWN_NAM"].str.contains("\ufffd\ufffd\ufffd", literal=True).sum() > 5
    assert nap["OWN_ADDR"].str.contains("\t", literal=True).any()
    assert nap["OWN_ADDR"].str.len_chars().max() == 30
    assert nap["OWN_ZIPCD"].str.contains("NW10", literal=True).any()


def test_the_flawed_county_has_broken_lines_and_wrong_values():
    roll = Roll(counties.find("Liberty"), 600, flawed=True)

    lines = b"".join(csv_chunks(roll, "NAL")).splitlines()

    short = [line for line in lines if line.count(b",") < 164]
    assert 0 < len(short) < len(lines) * 0.05
    assert any(b',"08",' in line for line in lines)
