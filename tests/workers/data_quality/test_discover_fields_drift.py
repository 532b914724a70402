"""discover_fields: what drifted since the last profile, or against another one."""

from pathlib import Path

import polars as pl
import pytest
from django.db import connections

from tests.workers.data_quality.profiling import discover, make_rows, run
from tests.workers.rolls import make_processed
from workers import datasets
from workers.contract import Call, InvalidParameters
from workers.florida_data.upload import upload

pytestmark = pytest.mark.usefixtures("place")
warehouse = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def test_the_next_profile_tells_what_drifted() -> None:
    discover(make_rows(GONE=[1] * 1_000, NOTE=["x"] * 1_000), name="sales")
    prices = [number % 100 + 60 for number in range(1_000)]
    codes = ["A"] * 900 + ["E"] * 100

    found = discover(
        make_rows(PRICE=prices, CODE=codes, NEW=[1] * 1_000, NOTE=[None, "x"] * 500).with_columns(
            pl.col("ID").cast(pl.String)
        ),
        name="sales",
    )

    drift = found["drift"]
    assert (drift["gone"], drift["new"]) == (["GONE"], ["NEW"])
    assert [(one["column"], one["what"]) for one in drift["shifts"]] == [
        ("ID", "type"), ("PRICE", "distribution"), ("CODE", "distribution"), ("NOTE", "fill"),
    ]  # fmt: skip
    assert drift["shifts"][1]["index"] > drift["threshold"] == 0.25
    assert "population stability index" in drift["measure"]
    assert "PRICE: distribution median 49, now median 109" in drift["words"]
    assert "NOTE: fill 100.0%, now 50.0%" in drift["words"]
    assert drift["words"] in found["words"]


def test_the_same_data_drift_nowhere_and_small_data_are_not_judged() -> None:
    discover(make_rows(), name="a")
    discover(make_rows().head(20), name="b")

    assert discover(make_rows().sample(fraction=1, shuffle=True, seed=1), name="a")["drift"] is None  # the same rows
    assert discover(make_rows(ID=range(5, 1_005)), name="a")["drift"]["words"] == "Nothing drifted."
    assert discover(make_rows().tail(20), name="b")["drift"]["shifts"] == []


def test_a_repetition_is_compared_with_what_was_before_it() -> None:
    discover(make_rows(OLD=[1] * 1_000), name="sales")

    first = discover(make_rows(), name="sales")
    again = discover(make_rows(), name="sales")

    assert first["drift"]["gone"] == again["drift"]["gone"] == ["OLD"]
    assert first["profile"] == again["profile"]


def test_another_profile_or_other_data_can_be_compared_with() -> None:
    before = datasets.write(make_rows(OLD=[1] * 1_000), "tests/before.parquet")
    profile = run(dataset=before)["profile"]

    assert discover(make_rows(), compare=profile)["drift"]["gone"] == ["OLD"]
    assert discover(make_rows(), compare=before)["drift"]["against"] == "tests/before.parquet"


def test_names_keep_profiles_apart() -> None:
    discover(make_rows(OLD=[1] * 1_000), name="a/b")

    assert discover(make_rows(), name="a-b")["drift"] is None


@warehouse
def test_a_changed_table_drifts_against_its_last_profile() -> None:
    upload.run(Call(), {"processed": make_processed()})
    run(dataset={"table": "sdf_current"})
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("UPDATE sdf SET clerk_no = NULL, or_book = NULL, or_page = NULL, nbrhd_cd = NULL")

    shifts = run(dataset={"table": "sdf_current"})["drift"]["shifts"]

    assert ("nbrhd_cd", "fill") in [(one["column"], one["what"]) for one in shifts]


def test_a_file_that_is_no_profile_is_refused(place: Path) -> None:
    profile = discover(make_rows())["profile"]
    datasets.publish_bytes(b"no Parquet", "tests/broken.parquet")

    with pytest.raises(InvalidParameters, match="compare: it is no Parquet file that can be read"):
        discover(make_rows(), compare=profile | {"$dataset": datasets.url_of("tests/broken.parquet")})
