"""What goes wrong around the actions of sunbiz is a clear error, or a smaller answer that says what is missing."""

import re

import pytest

from tests.workers.sunbiz.make import Json, entity, event, in_warehouse, put, rows, run, sync
from tests.workers.trouble import answer, warehouse_away, without_table
from workers.contract import ActionError, TryLater
from workers.sunbiz import loading, monitor, syncing, worker

pytestmark = in_warehouse

CALLS: dict[str, Json] = {
    "sync_entities": {"source": "inbox"},
    "monitor_status": {"source": "inbox"},
    "generate_dashboard_metrics": {},
}


@pytest.mark.parametrize(
    ("action", "table"),
    [
        ("sync_entities", "sunbiz_entity"),
        ("sync_entities", "sunbiz_officer"),
        ("monitor_status", "sunbiz_change"),
        ("generate_dashboard_metrics", "sunbiz_event"),
    ],
)
def test_a_missing_table_is_named_with_what_makes_it(place, action, table):
    put(place, "20250702c.txt", entity(officer_1_name="HERON", officer_1_type="C"))

    with without_table(table), pytest.raises(ActionError) as failure:
        run(action, **CALLS[action])

    assert not isinstance(failure.value, TryLater)
    assert table in str(failure.value)
    assert str(failure.value).endswith("run `manage.py migrate --database warehouse`")


def test_a_missing_table_is_final_for_a_caller_over_http(place):
    with without_table("sunbiz_change"):
        status, body = answer(worker, "monitor_status", {"source": "none"})

    assert (status, body["status"], body["retryable"]) == (400, "failed", False)
    assert "sunbiz_change" in body["error"]
    assert "manage.py migrate" in body["error"]


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize("after", [0, 2])
def test_a_warehouse_that_is_away_makes_the_call_worth_another_try(place, action, after):
    put(place, "20250702c.txt", entity())

    with warehouse_away(after), pytest.raises(TryLater) as failure:
        run(action, **CALLS[action])

    assert str(failure.value) == "the warehouse cannot be used now: server closed the connection unexpectedly"


def test_a_sync_whose_warehouse_goes_away_anywhere_has_each_record_once_after_the_next(place, monkeypatch):
    monkeypatch.setattr(loading, "RECORDS", {"sqlite": 10, "postgresql": 10})
    put(place, "20250702c.txt", *(entity(number) for number in range(100)))
    for after in (3, 9, 15):
        with warehouse_away(after), pytest.raises(TryLater):
            sync()

    synced = sync()

    assert (synced["rows_read"], synced["rows_inserted"], synced["rows_repeated"]) == (100, 100, 0)
    assert rows("SELECT count(*) FROM sunbiz_entity") == [(100,)]


@pytest.mark.parametrize(
    ("is_there", "words"), [(False, "is no longer at file://"), (True, r"cannot be read at file://.*: Is a directory")]
)
def test_a_file_that_is_gone_once_it_was_listed_is_named_and_the_others_are_loaded(place, monkeypatch, is_there, words):
    path = put(place, "20250702c.txt", entity(1))
    put(place, "20250703c.txt", entity(2))
    list_files = syncing.list_files

    def list_and_lose(*arguments):
        found = list_files(*arguments)
        path.unlink()
        if is_there:
            path.mkdir()
        return found

    monkeypatch.setattr(syncing, "list_files", list_and_lose)
    synced = sync()

    assert synced["rows_inserted"] == 1
    [failed] = synced["failed"]
    assert re.match(rf"20250702c\.txt {words}", failed["error"])


def test_of_very_many_files_that_fail_all_are_counted_and_the_first_are_told(place, monkeypatch):
    monkeypatch.setattr(syncing, "FILES_TOLD", 2)
    for day in ("02", "03", "07", "08"):
        put(place, f"202507{day}c.txt", b"no record")
    put(place, "20250709c.txt", entity())

    synced = sync()

    assert (synced["files_failed"], [one["name"][:8] for one in synced["failed"]]) == (4, ["20250702", "20250703"])


def test_very_many_records_that_cannot_be_used_end_the_file_before_they_fill_the_memory(place, monkeypatch):
    monkeypatch.setattr(loading, "MOST_REJECTS", 3)
    put(place, "20250702c.txt", *(entity(number, status="X") for number in range(5)), entity(9))

    with pytest.raises(ActionError, match=r"20250702c\.txt: more than 3 records cannot be used"):
        sync(level="permissive")


def test_of_very_many_missing_days_all_are_counted_and_the_last_are_told(place, monkeypatch):
    monkeypatch.setattr(monitor, "DAYS_TOLD", 2)
    put(place, "20250707c.txt", entity(1))
    put(place, "20250714c.txt", entity(2))
    sync()

    [series] = run("monitor_status", source="none")["series"]

    assert (series["missing_days_count"], series["missing_days"]) == (4, ["2025-07-10", "2025-07-11"])


def test_figures_of_what_was_loaded_in_part_say_what_they_are_of(place):
    put(place, "20250702ce.txt", event())
    sync(datasets=["events"])

    metrics = run("generate_dashboard_metrics")

    assert (metrics["empty"], metrics["entities"], metrics["events"], metrics["files_loaded"]) == (True, 0, 1, 1)
