"""sync_entities: each record once, the newest stays whatever the order of the files, and nothing is lost silently."""

import threading

import pytest
from django.db import connections

from tests.workers.sunbiz.make import (
    REAL,
    entity,
    event,
    fictitious,
    in_warehouse,
    put,
    put_zip,
    real_data,
    rows,
    run,
    slices,
    sync,
    text,
)
from workers.contract import ActionError, Call, Cancelled, InvalidParameters
from workers.sunbiz import loading
from workers.sunbiz.layouts import CORPORATIONS
from workers.sunbiz.rows import decode
from workers.warehouse.files import FeedFile

pytestmark = in_warehouse
NAMES = "SELECT document_number, name, status FROM sunbiz_entity ORDER BY 1"


@real_data
def test_every_field_of_the_real_records_is_in_the_warehouse(place):
    content = (REAL / "20230929c.head1200.txt").read_bytes()
    put(place, "20230929c.txt", *content.split(b"\n")[:-1])

    synced = sync()

    assert (synced["rows_read"], synced["rows_inserted"], synced["rows_quarantined"]) == (1200, 1200, 0)
    columns = [at.name for at in CORPORATIONS.slices if "filler" not in at.name and not at.name.startswith("officer_")]
    loaded = {row[0]: row for row in rows(f"SELECT {', '.join(columns)} FROM sunbiz_entity")}
    assert len(loaded) == 1200
    for record in content.split(b"\n")[:-1]:
        parts = slices(record)
        wanted = tuple(shown(name, parts[name]) for name in columns)
        assert tuple(squeezed(value) for value in loaded[wanted[0]]) == tuple(squeezed(value) for value in wanted)
    officers = sum(
        bool(slices(record)[f"officer_{k}_name"].strip()) for record in content.split(b"\n")[:-1] for k in range(1, 7)
    )
    assert rows("SELECT count(*) FROM sunbiz_officer") == [(officers,)]


def shown(name, content):
    text = decode(content, len(content))
    return f"{text[4:]}-{text[:2]}-{text[2:4]}" if text and name.endswith("_date") else text


def squeezed(value):
    return " ".join(value.split()) if isinstance(value, str) else value


def test_a_person_has_the_parts_of_the_name_and_a_company_has_none(place):
    person = "HALVERSTEN          EMERSON       JIII"
    put(
        place,
        "20250702c.txt",
        entity(
            officer_1_title="MGR",
            officer_1_type="P",
            officer_1_name=person,
            officer_3_type="C",
            officer_3_name="HERON  PARTNERS",
        ),
    )

    sync()

    assert rows(
        "SELECT position, title, type, name, last_name, first_name, middle_initial, name_suffix FROM sunbiz_officer"
        " ORDER BY position"
    ) == [
        (1, "MGR", "P", "HALVERSTEN EMERSON JIII", "HALVERSTEN", "EMERSON", "J", "III"),
        (3, None, "C", "HERON  PARTNERS", None, None, None, None),
    ]


def test_a_file_that_was_loaded_is_not_read_again(place):
    path = put(place, "20250702c.txt", entity())
    sync()

    again = sync()
    path.rename(path.with_name("20250702c.copy.txt"))
    elsewhere = sync()

    assert (again["files_read"], again["files_unchanged"]) == (0, 1)
    assert (elsewhere["files_read"], elsewhere["files_unchanged"]) == (0, 1)
    assert FeedFile.objects.count() == 1


@pytest.mark.parametrize("order", ["quarter first", "day first"])
def test_a_daily_file_wins_over_the_quarterly_one_that_it_post_dates(place, order):
    def quarter():
        put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(1, name="OLD LLC"), entity(11)], b"\r\n")})

    def day():
        put(place, "20250702c.txt", entity(1, name="NEW LLC", officer_1_name="NEW"))

    for put_one in (quarter, day) if order == "quarter first" else (day, quarter):
        put_one()
        sync()

    assert rows(NAMES) == [("L20000000001", "NEW LLC", "A"), ("L20000000011", "HERON HOLDINGS LLC", "A")]
    assert rows("SELECT name FROM sunbiz_officer") == [("NEW",)]


def test_on_one_day_the_daily_file_wins_too(place):
    put(place, "20250701c.txt", entity(name="DAILY LLC"))
    put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(name="QUARTERLY LLC")])})

    sync()

    assert rows(NAMES) == [("L20000000001", "DAILY LLC", "A")]


def test_an_older_quarter_that_comes_late_changes_nothing(place):
    put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(name="JULY LLC")])})
    sync()
    put_zip(place, "20250401/cordata.zip", {"cordata1.txt": text([entity(name="APRIL LLC")])}, (2025, 4, 1))

    synced = sync()

    assert (synced["rows_outdated"], synced["rows_inserted"]) == (1, 0)
    assert rows(NAMES) == [("L20000000001", "JULY LLC", "A")]


def test_an_entity_that_a_file_lacks_stays(place):
    put(place, "20250702c.txt", entity(1), entity(2))
    put(place, "20250703c.txt", entity(2))

    sync()

    assert len(rows(NAMES)) == 2


def test_changes_of_name_and_status_are_remembered_with_what_was_before(place):
    put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(name="OLD LLC", status="I")])})
    put(place, "20250702c.txt", entity(name="NEW LLC"))

    synced = sync()

    assert (synced["names_changed"], synced["statuses_changed"]) == (1, 1)
    assert rows("SELECT field, old, new, as_of FROM sunbiz_change ORDER BY field") == [
        ("name", "OLD LLC", "NEW LLC", "2025-07-02"),
        ("status", "I", "A", "2025-07-02"),
    ]


def test_former_names_come_from_events_and_from_what_files_replaced(place):
    put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(name="SECOND LLC")])})
    put_zip(
        place,
        "corevent.zip",
        {"corevt.txt": text([event(name="FIRST LLC"), event(sequence="00002", code="CORAPMER", name="X")])},
    )
    put(place, "20250702c.txt", entity(name="THIRD LLC"))

    sync()

    assert rows("SELECT former_name, until, source FROM sunbiz_former_name ORDER BY until") == [
        ("FIRST LLC", "2021-03-01", "event"),
        ("SECOND LLC", "2025-07-02", "file"),
    ]
    assert rows("SELECT count(*) FROM sunbiz_event") == [(2,)]


def test_fictitious_names_keep_their_owners_and_their_charter_numbers(place):
    put_zip(
        place,
        "ficdata.zip",
        {
            "FICFILE.TXT": text(
                [fictitious(owner_1_name="HERON LLC", owner_1_charter_number="L20000000001", owner_4_name="SECOND")],
                b"\r\n",
            )
        },
    )

    sync()

    assert rows("SELECT document_number, position, name, charter_number FROM sunbiz_fictitious_owner ORDER BY 2") == [
        ("G20000000001", 1, "HERON LLC", "L20000000001"),
        ("G20000000001", 4, "SECOND", None),
    ]


def test_only_the_filing_types_asked_for_are_kept_and_the_others_can_follow(place):
    put(place, "20250702c.txt", entity(1), entity(2, filing_type="DOMP"), entity(3, filing_type="FORL"))

    some = sync(filing_types=["DOMP", "FORL"])
    fewer = sync(filing_types=["FORL"])
    everything = sync()

    assert (some["rows_inserted"], some["rows_filtered"]) == (2, 1)
    assert (fewer["files_read"], fewer["files_unchanged"]) == (0, 1)
    assert (everything["rows_inserted"], everything["rows_replaced"]) == (1, 2)
    assert len(rows(NAMES)) == 3


def test_the_days_bound_the_daily_files(place):
    for number, day in enumerate(("20250701", "20250702", "20250703"), 1):
        put(place, f"{day}c.txt", entity(number))

    synced = sync(since="2025-07-02", until="2025-07-02")

    assert [file["as_of"] for file in synced["files"]] == ["2025-07-02"]


def test_daily_files_from_before_the_newest_quarter_are_passed_over_unless_asked_for(place):
    put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(1)])})
    put(place, "20250516c.txt", entity(2, name="LEFT OUT LLC"))

    passed_over = sync()
    asked_for = sync(since="2025-05-01")

    assert (passed_over["files_superseded"], passed_over["rows_inserted"]) == (1, 1)
    assert (asked_for["files_superseded"], asked_for["rows_inserted"]) == (0, 1)


def test_a_cancelled_sync_goes_on_where_it_was_and_counts_each_record_once(place, monkeypatch):
    monkeypatch.setattr(loading, "RECORDS", {"sqlite": 10, "postgresql": 10})
    put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(number, status="I") for number in range(60)])})
    sync()
    put(place, "20250702c.txt", *(entity(number) for number in range(70)), entity(71)[:9])

    def report(done, total, message):
        if rows("SELECT count(*) FROM sunbiz_change") >= [(30,)]:
            withdrawn.cancelled.set()

    withdrawn = Call(report=report)

    with pytest.raises(Cancelled):
        run("sync_entities", withdrawn, source="inbox")
    synced = sync()

    assert (synced["rows_read"], synced["rows_quarantined"]) == (71, 1)
    assert (synced["rows_inserted"], synced["rows_replaced"], synced["rows_repeated"]) == (10, 60, 0)
    assert synced["statuses_changed"] == 60
    assert rows("SELECT count(*) FROM sunbiz_change") == [(60,)]


def test_syncs_at_the_same_time_load_each_file_once(place):
    put(place, "20250702c.txt", *(entity(number) for number in range(50)))
    results = []

    def replica():
        try:
            results.append(sync())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=replica) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(result["rows_inserted"] for result in results) == [0, 0, 50]
    assert rows("SELECT count(*) FROM sunbiz_entity") == [(50,)]


def test_a_source_without_such_files_is_said_to_have_none(place):
    put(place, "unrelated.txt", b"x")

    with pytest.raises(ActionError, match="has no quarterly or daily file"):
        sync()


def test_a_place_that_is_no_source_is_refused(place):
    with pytest.raises(InvalidParameters, match="there are state, sample, inbox"):
        sync(source="file:///etc")
