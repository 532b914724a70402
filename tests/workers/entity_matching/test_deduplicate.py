"""deduplicate: the rows of one table that are one party come into one group."""

from typing import Any

import pytest

from tests.workers.entity_matching.conftest import Json, Rows, owner, run, written
from workers import datasets
from workers.contract import InvalidParameters
from workers.warehouse.matches import MatchDecision, MatchLink

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]

BY = [
    {"kind": "name", "column": "owner"},
    {"kind": "address", "column": "street"},
    {"kind": "phone", "column": "phone"},
]
ROWS = [
    owner("1", "GULF WATERS PROP MGMT INC", "100 North Main Street", "305-555-0101"),
    owner("2", "MARLIN BAIT SHOP", "7 HARBOR RD", "305-555-0102"),
    owner("3", "Gulf Waters Properties Management", "100 N MAIN ST", "3055550101"),
    owner("4", "UNRELATED HARDWARE CORP", "400 PALM AVE", "305-555-0999"),
    owner("5", "GULF WATERS PROPERTY MANAGEMENT LLC", "100 N. Main St.", ""),
]


def deduplicate(rows: Rows, **parameters: Any) -> Json:
    return run(
        "deduplicate",
        **{"dataset": written(rows, "rows"), "key": ["id"], "fields": BY, "linkage": "test", **parameters},
    )


def groups(found: Json) -> dict[str, str]:
    return dict(datasets.read(found["groups"]).select("key", "group").rows())


def test_rows_of_one_party_come_into_one_group() -> None:
    found = deduplicate(ROWS)

    assert groups(found) == {"1": "1", "2": "2", "3": "1", "4": "4", "5": "1"}
    assert (found["left_rows"], found["duplicates"], found["linked"]) == (5, 2, 2)
    assert found["words"].startswith("5 rows are 3 parties")


def test_the_links_are_in_the_warehouse_once() -> None:
    first = deduplicate(ROWS)

    assert deduplicate(ROWS) == first
    assert MatchLink.objects.filter(linkage="test").count() == 2


def test_what_people_decided_about_two_rows_holds() -> None:
    MatchDecision.objects.create(linkage="test", left_key="1", right_key="5", same=False)
    MatchDecision.objects.create(linkage="test", left_key="2", right_key="4", same=True)

    found = deduplicate(ROWS)

    assert groups(found)["1"] != groups(found)["5"]
    assert groups(found)["2"] == groups(found)["4"]


def test_a_decision_holds_when_the_rows_come_in_another_order() -> None:
    MatchDecision.objects.create(linkage="test", left_key="2", right_key="4", same=True)

    found = groups(deduplicate(ROWS[::-1]))

    assert found["2"] == found["4"]


def test_two_groups_that_may_be_one_are_asked_about_once() -> None:
    rows = [
        owner("1", "GULF WATERS MARINA", "100 N MAIN ST"),
        owner("2", "GULF WATERS MARINA", "100 N MAIN ST"),
        owner("3", "GULF WATERS BOATYARD", "100 N MAIN ST"),
        owner("4", "GULF WATERS BOATYARD", "100 N MAIN ST"),
        owner("5", "PALM HARDWARE", "9 LAKE RD"),
    ]

    found = deduplicate(rows, certain=0.999, possible=0.01)

    assert found["open"] <= 1
    assert datasets.read(found["unsure"]).height == found["open"]


def test_a_row_alone_is_a_group_alone() -> None:
    assert groups(deduplicate(ROWS[:1])) == {"1": "1"}


def test_no_rows_are_no_groups() -> None:
    empty = datasets.write(datasets.read(written(ROWS, "rows")).clear(), "tests/empty.parquet")

    found = deduplicate(ROWS, dataset=empty)

    assert (found["duplicates"], groups(found)) == (0, {})


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(InvalidParameters, match="dataset: it has no column 'ownr'"):
        deduplicate(ROWS, fields=[{"kind": "name", "column": "ownr"}])
