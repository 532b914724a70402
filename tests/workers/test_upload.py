"""upload: each row once, all rows visible together, and one current release of each county and year."""

import threading

import polars as pl
import pytest
from django.db import OperationalError, connections

from tests.workers.rolls import make_csv, make_dataset, make_processed
from workers import datasets
from workers.contract import ActionError, Call, Cancelled, InvalidParameters, TryLater
from workers.florida_data.tables import TABLES
from workers.florida_data.upload import upload
from workers.roll_columns import NAL_2026_FINAL
from workers.warehouse import loading, sqlite, tables
from workers.warehouse.models import Release

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)


def run_upload(processed, call=None):
    return upload.run(call or Call(), {"processed": processed})


def current_rows(table, columns="*"):
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table}_current")
        return cursor.fetchall()


@pytest.mark.parametrize("file_type", ["NAL", "SDF", "NAP"])
def test_every_row_is_there_with_every_cell_as_it_was_processed(file_type):
    processed = make_processed(file_type=file_type)

    uploaded = run_upload(processed)

    frame = datasets.read(processed["dataset"])
    names = ", ".join(name.lower() for name in frame.columns)
    assert sorted(current_rows(file_type.lower(), names), key=repr) == sorted(frame.rows(), key=repr)
    assert uploaded["rows_uploaded"] == processed["rows_processed"] == frame.height
    assert (uploaded["already_loaded"], uploaded["superseded"]) == (False, [])


def test_a_blank_cell_a_quoted_blank_and_odd_characters_stay_what_they_are():
    processed = make_processed(file_type="NAP")
    names = [None, "", 'a "quoted", name', "two\nlines", "tab\t", "DAVIE\ufffd\ufffdS", "\\N", " padded "]
    frame = datasets.read(processed["dataset"]).head(len(names)).with_columns(OWN_NAM=pl.Series(names))
    processed |= {"dataset": make_dataset(frame, "odd"), "rows_processed": frame.height}

    run_upload(processed)

    assert sorted(current_rows("nap", "own_nam"), key=repr) == sorted([(name,) for name in names], key=repr)


def test_the_same_release_again_changes_nothing():
    processed = make_processed()
    run_upload(processed)
    before = current_rows("sdf"), Release.objects.values().get()

    again = run_upload(processed)

    assert again["already_loaded"] is True
    assert again["rows_uploaded"] == processed["rows_processed"]
    assert (current_rows("sdf"), Release.objects.values().get()) == before


@pytest.mark.parametrize("newer", [{"stage": "F"}, {"submission": 2}, {"seed": 2}], ids=["final", "second", "reissued"])
def test_a_newer_release_takes_the_place_of_the_older_one(newer):
    older = make_processed()
    newer = make_processed(**({"seed": 3} | newer))
    run_upload(older)

    uploaded = run_upload(newer)

    assert uploaded["superseded"] == [older["release"]]
    assert len(current_rows("sdf")) == newer["rows_processed"]
    assert {release.release: release.state for release in Release.objects.all()} == {
        older["release"]: "superseded",
        newer["release"]: "loaded",
    }


def test_an_older_release_that_comes_late_does_not_become_current():
    final, preliminary = make_processed(stage="F"), make_processed(seed=2)
    run_upload(final)

    uploaded = run_upload(preliminary)

    assert (uploaded["superseded"], uploaded["rows_uploaded"]) == ([], preliminary["rows_processed"])
    assert len(current_rows("sdf")) == final["rows_processed"]
    assert Release.objects.get(state="loaded").release == final["release"]


def test_rolls_of_other_years_and_types_stay_current():
    others = [make_processed(make_csv("SDF", year=2024), year=2024), make_processed(file_type="NAP")]
    for processed in [*others, make_processed(stage="F")]:
        assert run_upload(processed)["superseded"] == []

    assert Release.objects.filter(state="loaded").count() == 3


def test_a_file_processed_anew_replaces_its_earlier_rows_and_can_come_back():
    processed = make_processed()
    shorter = datasets.read(processed["dataset"]).head(10)
    anew = processed | {"dataset": make_dataset(shorter, "anew"), "rows_processed": 10}
    run_upload(processed)

    assert run_upload(anew)["superseded"] == [processed["release"]]
    assert len(current_rows("sdf")) == 10
    assert run_upload(processed)["already_loaded"] is True
    assert len(current_rows("sdf")) == processed["rows_processed"]


def test_a_cancelled_upload_shows_nothing_and_the_next_one_finishes_it(monkeypatch):
    monkeypatch.setattr(sqlite, "BATCH_ROWS", 20)
    processed = make_processed()
    withdrawn = Call(report=lambda done, total, message: withdrawn.cancelled.set())

    with pytest.raises(Cancelled):
        run_upload(processed, withdrawn)
    shown = current_rows("sdf")
    uploaded = run_upload(processed)

    assert shown == []
    assert uploaded["already_loaded"] is False
    assert len(current_rows("sdf")) == processed["rows_processed"]


def test_two_replicas_that_upload_the_same_release_load_it_once():
    processed = make_processed()
    results = []

    def replica():
        try:
            results.append(run_upload(processed))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=replica) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(result["already_loaded"] for result in results) == [False, True, True]
    assert len(current_rows("sdf")) == processed["rows_processed"]


def test_rows_with_the_same_key_are_refused_and_none_is_shown():
    processed = make_processed()
    frame = datasets.read(processed["dataset"])
    doubled = pl.concat([frame, frame.head(1)])
    processed |= {"dataset": make_dataset(doubled, "doubled"), "rows_processed": doubled.height}

    with pytest.raises(ActionError, match=processed["release"]):
        run_upload(processed)

    assert current_rows("sdf") == []


def test_the_refusal_of_a_row_does_not_repeat_the_row():
    processed = make_processed(file_type="NAP")
    frame = datasets.read(processed["dataset"]).with_columns(ACCT_ID=pl.lit(None, pl.String), OWN_NAM=pl.lit("PRIVATE"))
    processed |= {"dataset": make_dataset(frame, "nameless"), "rows_processed": frame.height}

    with pytest.raises(ActionError) as refusal:
        run_upload(processed)

    assert "acct_id" in str(refusal.value)
    assert "PRIVATE" not in str(refusal.value)


def test_a_column_that_the_table_lacks_is_named():
    processed = make_processed()
    frame = datasets.read(processed["dataset"]).with_columns(EXTRA=pl.lit(1))

    with pytest.raises(InvalidParameters, match="EXTRA"):
        run_upload(processed | {"dataset": make_dataset(frame, "extra")})


def test_fewer_rows_than_announced_are_an_error_and_not_shown():
    processed = make_processed()

    with pytest.raises(ActionError, match="rows arrived"):
        run_upload(processed | {"rows_processed": processed["rows_processed"] + 1})

    assert current_rows("sdf") == []


def test_a_warehouse_that_is_away_is_worth_another_try(monkeypatch):
    def away(*arguments):
        raise OperationalError("the server closed the connection")

    processed = make_processed()
    monkeypatch.setattr(loading, "settle", away)

    with pytest.raises(TryLater, match="the server closed the connection"):
        run_upload(processed)


def test_the_tables_have_the_columns_of_all_layouts():
    for table in TABLES.values():
        present = tables.columns(connections["warehouse"], table.name)
        assert set(present) == {"release_id", *table.columns}
    assert len(TABLES["NAL"].columns) == len(NAL_2026_FINAL) == 167


def test_a_table_from_earlier_times_gets_the_columns_it_lacks():
    connection = connections["warehouse"]
    old = tables.Table("earlier", {"id": "text"}, ["id"])
    new = tables.Table("earlier", {"id": "text", "since": "smallint"}, ["id"])
    try:
        tables.ensure(connection, old)
        tables.ensure(connection, new)
        tables.ensure(connection, new)

        assert tables.columns(connection, "earlier") == ["release_id", "id", "since"]
        assert current_rows("earlier") == []
    finally:
        tables.drop(connection, "earlier")
