"""Each county is held against its own last release: how far its columns were filled there."""

import polars as pl
import pytest

from tests.workers.data_quality.rule_texts import make_rule, write_rules
from tests.workers.rolls import make_dataset, make_download
from workers import counties, datasets
from workers.contract import Call
from workers.data_quality.validate import validate
from workers.florida_data.process import process
from workers.florida_data.sample.rolls import Roll, csv_chunks
from workers.florida_data.upload import upload
from workers.warehouse.fills import ReleaseFill, baseline
from workers.warehouse.models import Release, ReleaseState

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])
DENSE, SPARSE = counties.find("Union"), counties.find("Lafayette")
RULE = "nal.fill-baseline"


def make_roll(county, year, filled, *, parcels=400):
    """A processed NAL of the county, in which OWN_ZIPCD is filled in this share of the rows."""
    content = b"".join(csv_chunks(Roll(county, parcels, year), "NAL"))
    processed = process.run(Call(), {"download": make_download(content, "NAL", county=county, year=year)})
    frame = datasets.read(processed["dataset"])
    every = pl.int_range(pl.len()) < pl.len() * filled
    frame = frame.with_columns(OWN_ZIPCD=pl.when(every).then(pl.lit("32054")))
    return processed | {"dataset": make_dataset(frame, f"fill-{county.no}-{year}-{filled}")}


def load(county, year, filled):
    return upload.run(Call(), {"processed": make_roll(county, year, filled)})


def run_validate(county, year, filled, **parameters):
    roll = make_roll(county, year, filled)
    arguments = {"dataset": roll["dataset"], "file_type": "NAL", "county_no": county.no, "year": year, "stage": "P"}
    validation = validate.run(Call(), arguments | {"rules": RULE} | parameters)
    return next(found for found in validation["rules"] if found["rule"] == parameters.get("rules", RULE))


def test_two_counties_that_differ_much_both_pass_and_a_drop_warns_where_it_is():
    load(DENSE, 2024, 0.95)
    load(SPARSE, 2024, 0.28)

    assert run_validate(DENSE, 2025, 0.95)["violations"] == 0
    assert run_validate(SPARSE, 2025, 0.28)["violations"] == 0
    dropped = run_validate(DENSE, 2025, 0.28)
    assert (dropped["violations"], dropped["severity"]) == (1, "warning")
    before = Release.objects.get(county_no=DENSE.no).release
    assert dropped["examples"] == [
        {"COLUMN": "OWN_ZIPCD", "FILLED": 0.2825, "BASELINE": 0.95, "BASELINE_RELEASE": before}
    ]
    assert dropped["checked"] > 100
    assert run_validate(SPARSE, 2025, 0.28)["violations"] == 0


def test_without_a_baseline_the_rule_says_so_and_passes():
    load(DENSE, 2024, 0.95)

    found = run_validate(SPARSE, 2025, 0.28)

    assert (found["checked"], found["violations"], found["note"]) == (0, 0, "no baseline")


def test_a_year_is_held_against_no_later_one():
    load(DENSE, 2025, 0.95)

    assert run_validate(DENSE, 2024, 0.1)["note"] == "no baseline"


def test_a_release_that_is_not_current_is_no_baseline():
    load(DENSE, 2024, 0.95)
    Release.objects.update(state=ReleaseState.SUPERSEDED)

    assert run_validate(DENSE, 2025, 0.1)["note"] == "no baseline"


def test_a_release_from_before_there_were_counts_is_counted_in_its_table():
    load(DENSE, 2024, 0.95)
    kept = ReleaseFill.objects.get()
    assert kept.rows == 400
    ReleaseFill.objects.all().delete()

    found = run_validate(DENSE, 2025, 0.28)

    assert (found["violations"], found["examples"][0]["BASELINE"]) == (1, 0.95)
    assert ReleaseFill.objects.count() == 0


def test_what_is_counted_while_loading_is_what_the_table_holds():
    load(SPARSE, 2024, 0.28)
    by_rows = ReleaseFill.objects.get().filled
    release = Release.objects.get()
    ReleaseFill.objects.all().delete()

    from_table = baseline(release.file_type, release.county_no, release.year)

    assert from_table is not None
    assert {name: from_table.filled[name] for name in by_rows} == by_rows


def test_an_analyst_may_be_stricter_about_some_columns(tmp_path, settings):
    settings.RULES_DIR = tmp_path / "rules"
    check = {"kind": "fill_baseline", "columns": ["own_zipcd"], "tolerance": 0.0}
    write_rules(settings.RULES_DIR, make_rule("zip-as-before", dataset="NAL", check=check))
    load(DENSE, 2024, 1.0)

    assert run_validate(DENSE, 2025, 0.97)["violations"] == 0
    assert run_validate(DENSE, 2025, 0.97, rules="zip-as-before")["violations"] == 1
