"""monitor_status: which files are there, which days lack one, and whose status changed."""

from datetime import date

import pytest
import time_machine

from tests.workers.sunbiz.make import entity, event, in_warehouse, put, put_zip, run, sync, text
from workers.sunbiz.working_days import holidays, is_working_day
from workers.warehouse.files import FeedFile

pytestmark = in_warehouse


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 7, 3), True),
        (date(2025, 7, 4), False),  # Independence Day
        (date(2025, 7, 5), False),  # a Saturday
        (date(2026, 7, 3), False),  # the Friday before a holiday on a Saturday
        (date(2027, 7, 5), False),  # the Monday after one on a Sunday
        (date(2025, 1, 20), False),
        (date(2025, 5, 26), False),
        (date(2025, 9, 1), False),
        (date(2025, 10, 13), True),  # Columbus Day is no paid holiday of the state
        (date(2025, 11, 27), False),
        (date(2025, 11, 28), False),
        (date(2021, 12, 31), False),  # New Year's Day 2022 was a Saturday
    ],
)
def test_working_days_are_those_of_the_state(day, works):
    assert is_working_day(day) is works


def test_a_year_has_nine_holidays_or_those_observed_in_it():
    assert {len([day for day in holidays(year) if day.year == year]) for year in range(2010, 2040)} <= {8, 9, 10}


@time_machine.travel("2025-07-10T12:00:00Z")
def test_gaps_are_working_days_within_the_series_without_a_file(place):
    for day in ("20250702", "20250707", "20250708"):
        put(place, f"{day}c.txt", entity(int(day)))

    sync()
    status = run("monitor_status", source="none")

    [series] = status["series"]
    assert (series["daily_from"], series["daily_to"]) == ("2025-07-02", "2025-07-08")
    assert series["missing_days"] == ["2025-07-03"]  # the 4th is a holiday, the 5th and 6th a weekend
    assert (status["gaps"], series["days_behind"]) == (1, 2)


@time_machine.travel("2025-07-10T12:00:00Z")
def test_a_missing_day_that_the_source_has_is_told(place):
    put(place, "20250702c.txt", entity(1))
    put(place, "20250708c.txt", entity(2))
    sync()
    put(place, "20250703c.txt", entity(3))

    [series] = run("monitor_status", source="inbox")["series"]

    assert series["missing_days"] == ["2025-07-03", "2025-07-07"]
    assert series["at_source"] == ["2025-07-03"]


@time_machine.travel("2025-07-10T12:00:00Z")
def test_entities_whose_status_changed_are_named_the_latest_first(place):
    put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(1, status="I"), entity(2, status="I"), entity(3)])})
    put(place, "20250702c.txt", entity(1))
    put(place, "20250703c.txt", entity(2, name="NEW NAME LLC"), entity(3, status="I"))
    sync()

    status = run("monitor_status", source="none", entities=2)
    later = run("monitor_status", source="none", since="2025-07-03")

    assert status["status_changes"] == [
        {"old": "I", "new": "A", "entities": 2},
        {"old": "A", "new": "I", "entities": 1},
    ]
    assert (status["status_changes_count"], status["name_changes_count"]) == (3, 1)
    assert [(one["document_number"], one["as_of"]) for one in status["changed_entities"]] == [
        ("L20000000002", "2025-07-03"),
        ("L20000000003", "2025-07-03"),
    ]
    assert later["status_changes_count"] == 2


@time_machine.travel("2025-07-10T12:00:00Z")
def test_each_kind_of_record_has_a_series_of_its_own(place):
    put(place, "20250702c.txt", entity(1))
    put(place, "20250702ce.txt", event(1))
    put(place, "20250703ce.txt", event(2))
    sync()

    series = run("monitor_status", source="none")["series"]

    assert [(seen["dataset"], seen["files"], seen["days_behind"]) for seen in series] == [
        ("corporations", 1, 5),
        ("events", 2, 4),
    ]


def test_a_file_that_is_loaded_in_part_is_told():
    FeedFile.objects.create(
        name="20250702c.txt", url="x", sha256="0", dataset="corporations", series="daily", as_of=date(2025, 7, 2)
    )

    assert run("monitor_status", source="none")["files_unfinished"] == ["20250702c.txt: loading"]


def test_an_empty_warehouse_gives_a_smaller_answer():
    status = run("monitor_status", source="none")

    assert (status["series"], status["gaps"], status["changed_entities"]) == ([], 0, [])
