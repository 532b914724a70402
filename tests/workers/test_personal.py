"""What tells of a person is not shown in examples; what names a row or counts is."""

import pytest

from workers.personal import masked


@pytest.mark.parametrize(
    "column",
    ["OWN_NAME", "own_nam", "FIDU_ADDR1", "PHY_ADDR2", "own_addr", "name", "officer_1_name", "address_1", "email"],
)
def test_names_and_addresses_are_only_as_long_as_they_are(column: str) -> None:
    assert masked(column, "Jane Roe") == "(8 characters)"


@pytest.mark.parametrize("column", ["PARCEL_ID", "OWN_STATE", "file_type", "NAMED", "S_LEGAL"])
def test_other_texts_are_shown(column: str) -> None:
    assert masked(column, "12-34") == "12-34"


def test_what_is_no_text_is_shown() -> None:
    assert masked("OWN_NAME", None) is None
    assert masked("OWN_NAME", 7) == 7
