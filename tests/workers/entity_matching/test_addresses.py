"""One place in several spellings is one place."""

import pytest

from workers.entity_matching.addresses import parse


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("100 North Main Street", "100 N MAIN ST"),
        ("100 N. Main St. Suite 4", "100 N MAIN ST #4"),
        ("12 Forty-Second Avenue", "12 FORTY SECOND AVE"),
        ("500 5th Ave", "500 FIFTH AVENUE"),
        ("P.O. Box 12", "PO BOX 12"),
        ("221 E. 51st St. ", "221 E 51 STREET"),
    ],
)
def test_spellings_of_one_place_agree(one: str, other: str) -> None:
    assert parse(one).line == parse(other).line


def test_the_parts_are_told() -> None:
    address = parse("1347 Terfield Ave STE 600, Miami 33155")

    assert (address.number, address.street, address.unit) == ("1347", "TERFIELD", "600")


def test_a_direction_that_is_left_away_is_the_same_place_in_another_line() -> None:
    assert parse("100 MAIN ST").place == parse("100 N MAIN").place
    assert parse("100 MAIN ST").line != parse("100 N MAIN").line


@pytest.mark.parametrize("text", ["", "#", "EVERGLADES", "*MARKHAM, ON", "0"])
def test_what_is_no_address_breaks_nothing(text: str) -> None:
    assert parse(text).number in ("", "0")
