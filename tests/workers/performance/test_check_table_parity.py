"""check_data_parity on the warehouse: its tables against datasets, and against each other."""

from typing import Any

import pytest
from django.db import OperationalError, connections

from tests.workers.performance.conftest import Json, run
from tests.workers.rolls import make_processed
from workers import stores
from workers.contract import Call, InvalidParameters, TryLater
from workers.florida_data.upload import upload
from workers.warehouse.models import Release

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]


def test_a_loaded_roll_agrees_with_the_dataset_that_it_was_loaded_from() -> None:
    processed = make_processed()
    upload.run(Call(), {"processed": processed})

    found = against_the_table(processed)

    assert found["agree"] is True, found
    assert found["rows_left"] == processed["rows_processed"] > 0
    assert (found["columns_only_left"], found["columns_only_right"]) == ([], ["release_id"])


def test_a_row_that_was_changed_in_the_warehouse_is_found() -> None:
    processed = make_processed()
    upload.run(Call(), {"processed": processed})
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("SELECT min(parcel_id), min(release_id) FROM sdf_current")
        parcel, release = cursor.fetchone()
        row = "parcel_id = %s AND release_id = %s"
        cursor.execute(f"UPDATE sdf SET sale_prc = sale_prc + 1 WHERE {row}", [parcel, release])
        changed_rows = cursor.rowcount

    differences = against_the_table(processed)["differences"]

    assert differences["changed"] == changed_rows
    assert differences["by_column"] == {"sale_prc": changed_rows}
    assert differences["examples"][0]["key"]["parcel_id"] == parcel


def against_the_table(processed: Any) -> Json:
    table = {"table": "sdf_current", "where": {"co_no": processed["county_no"]}}
    return run("check_data_parity", left=processed["dataset"], right=table, key=["parcel_id", "sale_id_cd"])


def test_two_tables_can_be_compared() -> None:
    upload.run(Call(), {"processed": make_processed()})
    release = {"release_id": Release.objects.get().pk}

    same = run("check_data_parity", left={"table": "sdf", "where": release}, right={"table": "sdf_current"})
    other = run("check_data_parity", left={"table": "nal_current"}, right={"table": "sdf_current"}, partition="co_no")

    assert (same["agree"], same["columns_only_left"]) == (True, [])
    assert same["rows_left"] > 0
    assert (other["rows_left"], other["differences"]["only_right"]) == (0, same["rows_right"])


def test_a_value_that_its_column_cannot_have_is_named_or_matches_nothing() -> None:
    upload.run(Call(), {"processed": make_processed()})
    sides = {"left": {"table": "sdf_current"}, "right": {"table": "sdf_current", "where": {"co_no": "many"}}}

    if connections["warehouse"].vendor == "postgresql":
        with pytest.raises(InvalidParameters, match="right"):
            run("check_data_parity", **sides)
    else:
        assert run("check_data_parity", **sides)["rows_right"] == 0


def test_a_large_table_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "BATCH_CELLS", 200)
    processed = make_processed()
    upload.run(Call(), {"processed": processed})

    assert against_the_table(processed)["agree"] is True


def test_without_the_warehouse_it_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connections["warehouse"], "cursor", gone)

    with pytest.raises(TryLater, match="the warehouse cannot be used now: connection refused"):
        run("check_data_parity", left={"table": "sdf"}, right={"table": "nal"})
    monkeypatch.undo()
