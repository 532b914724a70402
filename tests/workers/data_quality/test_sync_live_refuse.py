"""sync_live: what is not as it was announced, or cannot be written, is refused and changes nothing."""

from typing import Any

import polars as pl
import pytest
from django.db import connections

from operations.approval import needed
from tests.workers.data_quality.parcels import execute, held, make_rows, ordered, put, run, source
from workers import datasets
from workers.contract import ActionError, InvalidParameters
from workers.data_quality import worker

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place", "parcels"),
]


def test_a_plan_needs_nobody_and_a_change_waits_for_a_person() -> None:
    manifest = {one["name"]: one for one in worker.manifest()["actions"]}["sync_live"]
    arguments = {"source": {"table": "a"}, "target": {"table": "b"}, "key": ["id"]}

    assert needed(manifest, arguments) is False
    assert needed(manifest, arguments | {"mode": "plan"}) is False
    assert needed(manifest, arguments | {"mode": "apply"}) is True


def test_the_digest_of_another_plan_is_refused() -> None:
    before = make_rows(20)
    put(before)
    after = [row | {"jv": 5} for row in before]
    seen = run(after)["digest"]
    execute("UPDATE parcels SET own_name = 'moved' WHERE parcel_id = '00003'")
    moved = held()

    with pytest.raises(
        ActionError, match=r"the stores have moved since that plan was made\. Now it would be: In parcels"
    ):
        run(after, mode="apply", expected=seen)
    assert held() == moved
    assert run(after, mode="apply", expected=run(after)["digest"])["applied"] is True


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("JV", ["1.5", "1"], r"jv of parcels is integer, and cannot be '1.5'"),
        ("JV", [1.5, 1.0], r"jv of parcels is integer, and cannot be 1.5"),
        ("SHARE", ["much", None], r"share of parcels is real, and cannot be 'much'"),
    ],
)
def test_a_value_that_its_column_cannot_have_is_named(column: str, values: list[Any], said: str) -> None:
    frame = datasets.read(source(make_rows(2))).with_columns(pl.Series(column, values))

    with pytest.raises(InvalidParameters, match=said):
        run(dict(datasets.write(frame, "tests/wrong.parquet")), mode="apply")
    assert held() == []


def test_a_date_that_is_none_is_refused_by_postgresql() -> None:
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("SQLite has no dates")
    with pytest.raises(InvalidParameters, match="source: invalid input syntax for type date, in a column of parcels"):
        run([make_rows(1)[0] | {"seen": "soon"}])


def test_a_key_that_does_not_name_a_row_is_refused() -> None:
    rows = make_rows(6)
    put(rows)

    with pytest.raises(InvalidParameters, match=r"key: 3 keys are there more than once in the source, such as .*11"):
        run(rows, key=["co_no"])
    with pytest.raises(InvalidParameters, match="key: 3 keys are there more than once in the target"):
        run(rows[:3], key=["co_no"])
    with pytest.raises(InvalidParameters, match="key: 1 rows of the source have no value in co_no or parcel_id"):
        run([*rows, rows[0] | {"parcel_id": None}])
    with pytest.raises(InvalidParameters, match="key: the target has no column 'folio'"):
        run(rows, key=["folio"])
    with pytest.raises(InvalidParameters, match="columns: the source has no column 'note'"):
        run(rows, columns=["note"])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("workers_release", "the warehouse has no data table 'workers_release'"),
        ("django_migrations", "the warehouse has no data table 'django_migrations'"),
        ("sdf", "the rows of sdf come and go by release"),
        ("sdf_current", "the rows of sdf_current come and go by release"),
        ("parcels_11", "parcels_11 is a view and has no rows of its own"),
    ],
)
def test_tables_that_are_not_to_be_written_are_refused(table: str, said: str) -> None:
    execute("CREATE VIEW parcels_11 AS SELECT * FROM parcels WHERE co_no = 11")
    try:
        with pytest.raises(InvalidParameters, match=said) as refusal:
            run(make_rows(1), target={"table": table})
        assert refusal.value.field == "target.table"
    finally:
        execute("DROP VIEW parcels_11")


def test_a_row_that_the_table_refuses_leaves_all_as_it_was() -> None:
    execute("CREATE UNIQUE INDEX one_share ON parcels (share)")
    before = [row | {"share": None} for row in make_rows(9)]
    put(before)

    with pytest.raises(ActionError, match=r"parcels: .*nothing was changed"):
        run([row | {"share": 0.5, "jv": 1} for row in before], mode="apply")
    assert held() == ordered(before)
