"""Owners on a roll: people are told from companies, trusts and estates; care-of and trade names stand apart."""

import pytest

from workers.entity_matching.parties import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SMYTHE,JOE H SR & LORETTA A", "person"),
        ("ILLESCU,IOAN &", "person"),
        ("LE,QUYNH VAN", "person"),
        ("GULF WATERS HOLDINGS LLC", "company"),
        ("GULF WATERS HOLDINGS OF", "company"),
        ("SMYTHE,JOE H PA", "company"),
        ("SMYTHE FAM REV LIV TR", "trust"),
        ("SMYTHE,JOE H TRS", "trust"),
        ("SMYTHE,JOE EST", "estate"),
        ("ESTATE OF JOE SMYTHE", "estate"),
        ("GULF REAL ESTATE", "company"),
        ("CITY OF OCALA", "government"),
        ("SCHOOL BOARD OF LEE CNTY", "government"),
        ("INVITING HEARTHS", "unknown"),
    ],
)
def test_a_name_says_what_the_owner_is(text: str, kind: str) -> None:
    assert parse(text).kind == kind


def test_a_trade_name_stands_apart() -> None:
    party = parse("SMYTHE,JOE H DBA MARLIN BAIT SHOP")

    assert party.kind == "person"
    assert [name.key for name in party.names] == ["SMYTHE JOE H", "MARLIN BAIT SHOP"]


@pytest.mark.parametrize("text", ["GULF HOLDINGS LLC C/O JOE SMYTHE", "GULF HOLDINGS LLC % JOE SMYTHE"])
def test_care_of_stands_apart(text: str) -> None:
    party = parse(text)

    assert (party.name.key, party.care_of) == ("GULF HOLDING", "JOE SMYTHE")


def test_a_line_that_is_all_care_of_names_who_is_cared_for() -> None:
    assert parse("C/O GULF HOLDINGS LLC").name.key == "GULF HOLDING"


def test_roles_are_no_part_of_a_name() -> None:
    assert parse("SMYTHE,JOE H & ANN H/E").name.key == parse("SMYTHE,JOE H & ANN").name.key
