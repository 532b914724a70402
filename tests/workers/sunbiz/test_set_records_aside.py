"""Records that cannot be used are set aside with their reasons; what is odd about the others is counted."""

import pytest

from tests.workers.sunbiz.make import entity, in_warehouse, put, put_zip, rows, sync, text
from workers import datasets
from workers.contract import ActionError
from workers.sunbiz import loading
from workers.warehouse.files import FeedFile

pytestmark = in_warehouse
NAMES = "SELECT document_number, name, status FROM sunbiz_entity ORDER BY 1"


def test_records_that_cannot_be_used_are_set_aside_with_their_reasons_and_bytes(place):
    good = [entity(number) for number in range(100, 200)]
    bad = [entity(1)[:500], entity(2, status="X"), entity(3, name=""), entity(4, document_number="?")]
    put(place, "20250702c.txt", *good, *bad)

    synced = sync()

    assert (synced["rows_read"], synced["rows_inserted"], synced["rows_quarantined"]) == (104, 100, 4)
    aside = datasets.read(synced["files"][0]["quarantine"]).to_dicts()
    assert [(row["line"], row["reasons"]) for row in aside] == [
        (101, ["500 bytes where 1440 were expected"]),
        (102, ["the status is none of A, I"]),
        (103, ["no name"]),
        (104, ["the document number has no known form"]),
    ]
    assert aside[1]["raw"] == entity(2, status="X")


@pytest.mark.parametrize(("level", "loaded"), [("strict", False), ("standard", False), ("permissive", True)])
def test_a_file_with_many_bad_records_fails_or_loads_as_its_level_says(place, level, loaded):
    put(place, "20250702c.txt", *(entity(number) for number in range(9)), entity(9, status="X"))
    put(place, "20250703c.txt", entity(50))

    synced = sync(level=level)

    assert [failed["name"] for failed in synced["failed"]] == ([] if loaded else ["20250702c.txt"])
    assert len(rows(NAMES)) == (10 if loaded else 1)
    assert FeedFile.objects.filter(state="loaded").count() == (2 if loaded else 1)


def test_what_is_odd_about_records_that_are_kept_is_counted(place):
    put_zip(
        place,
        "cordata.zip",
        {
            "cordata1.txt": text(
                [
                    entity(1, file_date="02302020"),
                    entity(2, filing_type="NEW"),
                    entity(11, last_transaction_date="00000000"),
                ]
            )
        },
    )

    synced = sync()

    assert synced["doubts"] == {
        "file_date is no day": 1,
        "the filing type is unknown": 1,
        "the number belongs to another file of the quarter": 1,
    }
    assert rows(
        "SELECT file_date, last_transaction_date FROM sunbiz_entity WHERE document_number LIKE '%1'"
        " ORDER BY document_number"
    ) == [
        (None, None),
        ("2020-02-28", None),
    ]


def test_of_records_with_one_number_the_last_one_counts(place, monkeypatch):
    monkeypatch.setattr(loading, "RECORDS", {"sqlite": 5, "postgresql": 5})
    others = [entity(number) for number in range(10, 20)]
    put(
        place,
        "20250702c.txt",
        entity(1, name="FIRST LLC", officer_1_name="FIRST"),
        entity(1, name="SECOND LLC", officer_1_name="SECOND"),
        *others,
        entity(1, name="THIRD LLC", officer_1_name="THIRD"),
    )

    synced = sync()

    assert (synced["rows_inserted"], synced["rows_repeated"]) == (11, 2)
    assert rows("SELECT name FROM sunbiz_entity WHERE document_number = 'L20000000001'") == [("THIRD LLC",)]
    assert rows("SELECT name FROM sunbiz_officer") == [("THIRD",)]


def test_a_dry_run_reads_everything_and_loads_nothing(place):
    put(place, "20250702c.txt", *(entity(number) for number in range(30)), entity(31)[:9])

    synced = sync(dry_run=True)

    assert (synced["rows_read"], synced["rows_quarantined"], synced["rows_inserted"]) == (31, 1, 0)
    assert rows("SELECT count(*) FROM sunbiz_entity") == [(0,)]
    assert not FeedFile.objects.exists()


def test_a_file_of_another_kind_fails_by_name(place):
    put(place, "20250702c.txt", b"<html>not found</html>")

    with pytest.raises(ActionError, match=r"20250702c\.txt.*22 bytes where 1440 were expected"):
        sync()


def test_a_day_without_filings_is_loaded_and_a_quarter_without_records_fails(place):
    put(place, "20250702c.txt")
    put_zip(place, "cordata.zip", {"cordata0.txt": b""})

    synced = sync()

    assert [(file["name"], file["rows_read"]) for file in synced["files"]] == [("20250702c.txt", 0)]
    assert synced["failed"] == [
        {"name": "cordata.zip", "member": "cordata0.txt", "error": "cordata.zip cordata0.txt has no records"}
    ]
