"""match_entities: the same parties in two tables are found, certain ones linked, unsure ones kept for a person."""

import json

import pytest

from tests.workers.entity_matching.conftest import company, links, match, owner, written
from workers import datasets
from workers.contract import ActionError, InvalidParameters
from workers.warehouse.matches import MatchDecision, MatchLink

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]

OWNERS = [
    owner("1", "GULF WATERS PROP MGMT INC", "100 North Main Street", "305-555-0101"),
    owner("2", "MARLIN BAIT SHOP", "7 HARBOR RD", "305-555-0102"),
    owner("3", "SOMEBODY ELSE LLC", "9 NOWHERE LN", ""),
]
ENTITIES = [
    company("A", "GULF WATERS PROPERTIES MANAGEMENT, INC.", "100 N MAIN ST", "(305) 555-0101"),
    company("B", "MARLINS BAIT SHOPS LLC", "7 HARBOR ROAD", ""),
    company("C", "UNRELATED HARDWARE CORP", "400 PALM AVE", "305-555-0999"),
]


def test_the_same_parties_are_linked_whatever_their_spelling() -> None:
    found = match(OWNERS, ENTITIES)

    assert links(found) == {"1": "A", "2": "B"}
    assert (found["left_rows"], found["right_rows"], found["linked"], found["open"]) == (3, 3, 2, 0)


def test_each_link_has_its_probability_and_the_comparison_that_led_to_it() -> None:
    row = datasets.read(match(OWNERS, ENTITIES)["links"]).row(0, named=True)

    assert row["probability"] >= 0.95
    told = {part["field"]: part["words"] for part in json.loads(row["comparison"])}
    assert told["owner / name"] == "the same name in Florida's normal form"
    assert "phone" in told
    assert "street / address" in told


def test_a_second_time_changes_nothing() -> None:
    first = match(OWNERS, ENTITIES)
    ids = set(MatchLink.objects.values_list("pk", flat=True))

    assert match(OWNERS, ENTITIES) == first
    assert set(MatchLink.objects.values_list("pk", flat=True)) == ids


def test_links_that_no_longer_hold_are_taken_away() -> None:
    match(OWNERS, ENTITIES)

    assert links(match(OWNERS[:1], ENTITIES)) == {"1": "A"}


def test_links_of_another_linkage_stay() -> None:
    match(OWNERS, ENTITIES, linkage="earlier")
    match(OWNERS[:1], ENTITIES)

    assert MatchLink.objects.filter(linkage="earlier").count() == 2


def test_two_that_are_as_likely_are_left_to_a_person() -> None:
    twins = [company("A", "GULF WATERS LLC", "100 N MAIN ST"), company("B", "GULF WATERS INC", "100 N MAIN ST")]

    found = match([owner("1", "GULF WATERS LLC", "100 N MAIN ST")], twins)

    assert (found["linked"], found["open"]) == (0, 1)
    assert set(datasets.read(found["unsure"])["right_key"]) == {"A", "B"}


def test_of_two_that_are_as_likely_the_preferred_one_is_linked() -> None:
    twins = [
        company("A", "GULF WATERS LLC", "100 N MAIN ST") | {"status": "I"},
        company("B", "GULF WATERS INC", "100 N MAIN ST") | {"status": "A"},
    ]

    found = match([owner("1", "GULF WATERS LLC", "100 N MAIN ST")], twins, prefer={"status": "A"})

    assert links(found) == {"1": "B"}


def test_two_of_a_series_are_not_one() -> None:
    found = match([owner("1", "GULF HOLDINGS 2 LLC")], [company("A", "GULF HOLDINGS 3 LLC")])

    assert links(found) == {}


def test_a_person_is_no_company() -> None:
    found = match([owner("1", "MARLIN,JOE H")], [company("A", "MARLIN JOE H LLC")])

    assert (links(found), found["pairs_compared"]) == ({}, 0)


def test_what_people_decided_holds_and_is_not_asked_again() -> None:
    MatchDecision.objects.create(linkage="test", left_key="1", right_key="A", same=False)
    MatchDecision.objects.create(linkage="test", left_key="3", right_key="C", same=True)

    found = match(OWNERS, ENTITIES)

    assert links(found) == {"2": "B", "3": "C"}
    assert (found["decided_before"], found["open"]) == (2, 0)
    assert MatchLink.objects.get(right_key="C").by_person is True


def test_a_decision_is_kept_to_its_linkage() -> None:
    MatchDecision.objects.create(linkage="another", left_key="1", right_key="A", same=False)

    assert links(match(OWNERS, ENTITIES))["1"] == "A"


@pytest.mark.parametrize("empty", ["left", "right"])
def test_an_empty_side_gives_no_links(empty: str) -> None:
    schema = {"id": "", "owner": "", "street": "", "phone": "", "name": "", "address": ""}
    nothing = written([schema], "schema")
    frame = datasets.read(nothing).clear()
    sides = {empty: datasets.write(frame, "tests/empty.parquet")}

    found = match(OWNERS, ENTITIES, **sides)

    assert (found["linked"], found["pairs_compared"]) == (0, 0)


def test_nothing_but_blanks_gives_no_links() -> None:
    assert match([owner("1", " ")], [company("A", "")])["linked"] == 0


def test_an_unknown_column_is_named() -> None:
    fields = [{"kind": "name", "left": "ownr", "right": "name"}]

    with pytest.raises(InvalidParameters, match=r"left: it has no column 'ownr'; there are id, owner, street, phone"):
        match(OWNERS, ENTITIES, fields=fields)


def test_a_key_that_names_two_rows_is_refused() -> None:
    with pytest.raises(InvalidParameters, match="left_key: id names no single row: 1 rows share theirs"):
        match([*OWNERS, OWNERS[0]], ENTITIES)


def test_a_missing_key_is_refused() -> None:
    with pytest.raises(InvalidParameters, match="right_key: 1 rows have no id"):
        match(OWNERS, [*ENTITIES, company("D", "NO KEY LLC") | {"id": None}])


def test_a_threshold_above_the_other_is_refused() -> None:
    with pytest.raises(InvalidParameters, match="possible: it cannot be above certain"):
        match(OWNERS, ENTITIES, certain=0.5, possible=0.9)


def test_a_table_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidParameters, match=r"left\.table: the warehouse has no data table 'nowhere'"):
        match(OWNERS, ENTITIES, left={"table": "nowhere"})


def test_an_engine_that_is_not_built_in_is_told(settings: object) -> None:
    settings.MATCHING_ENGINE = "oracle"  # type: ignore[attr-defined]

    with pytest.raises(ActionError, match="MATCHING_ENGINE is 'oracle'; it can be 'duckdb' or 'spark'"):
        match(OWNERS, ENTITIES)
