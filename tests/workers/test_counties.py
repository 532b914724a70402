"""Counties by name, roll number and FIPS code."""

import pytest

from workers.contract import InvalidParameters
from workers.counties import COUNTIES, UnknownCounty, find


@pytest.mark.parametrize(
    ("value", "no"),
    [
        ("Broward", 16),
        ("broward county", 16),
        ("BROWARD COUNTY, FL", 16),
        ("St. Johns", 65),
        ("st johns county", 65),
        ("Saint Lucie", 66),
        ("St.Lucie", 66),
        ("Dade", 23),
        ("miami dade", 23),
        ("Miami-Dade", 23),
        ("De Soto", 24),
        ("desoto", 24),
        ("palm-beach", 60),
        ("PalmBeach", 60),
        ("indian river", 41),
        (16, 16),
        ("16", 16),
        ("12011", 16),
        (12086, 23),
        ("  Lee ", 46),
    ],
)
def test_a_county_is_found_by_any_usual_spelling(value, no):
    assert find(value).no == no


def test_there_are_sixty_seven_with_their_own_numbers_and_codes():
    assert [county.no for county in COUNTIES] == list(range(11, 78))
    assert len({county.fips for county in COUNTIES}) == 67
    assert (find(23).fips, find(24).fips, find(77).fips) == ("12086", "12027", "12133")


def test_each_is_found_by_its_own_name_number_and_code():
    for county in COUNTIES:
        assert find(county.name) == find(county.no) == find(county.fips) == county


@pytest.mark.parametrize(
    ("value", "nearest"), [("Browerd", "Broward"), ("Hilsboro", "Hillsborough"), ("Duvall", "Duval")]
)
def test_an_unknown_name_is_refused_with_the_nearest_match(value, nearest):
    with pytest.raises(UnknownCounty) as refused:
        find(value)

    assert f"'{value}' is no county of Florida: did you mean {nearest}?" in str(refused.value)


@pytest.mark.parametrize("value", ["", "Atlantis City", 10, 78, "0", "12012", "13011", "999999", -16])
def test_what_is_no_county_is_refused(value):
    with pytest.raises(InvalidParameters) as refused:
        find(value)

    assert str(value) in str(refused.value)
