"""The pinned headers, and the names of roll files."""

import csv

import pytest

from tests.workers.roll_files import REAL, real_data
from workers.contract import InvalidParameters
from workers.florida_data.layouts import HeaderDrift, layout, member_name, parse_member
from workers.roll_columns import Kind


@pytest.mark.parametrize(
    ("file_type", "year", "stage", "columns"),
    [("NAL", 2025, "P", 165), ("NAL", 2025, "F", 165), ("NAL", 2026, "P", 165), ("NAL", 2026, "F", 167),
     ("NAL", 2027, "P", 167), ("SDF", 2026, "F", 23), ("NAP", 2025, "P", 36)],
)  # fmt: skip
def test_each_release_has_its_number_of_columns(file_type, year, stage, columns):
    assert len(layout(file_type, year, stage).header) == columns


def test_the_final_roll_of_2026_has_two_more_exemptions_in_their_place():
    header = layout("NAL", 2026, "F").header

    assert header[header.index("EXMPT_46") : header.index("EXMPT_80") + 1] == (
        "EXMPT_46", "EXMPT_47", "EXMPT_48", "EXMPT_80",
    )  # fmt: skip


@real_data
@pytest.mark.parametrize("file_type", ["SDF", "NAP"])
def test_the_real_header_is_the_pinned_one(file_type):
    with (REAL / f"{file_type}16P202501.head1000.csv").open(newline="") as file:
        header = next(csv.reader(file))

    layout(file_type, 2025, "P").check_header(header, "the real file")


def test_codes_are_text_and_only_the_change_of_value_may_be_negative():
    pinned = layout("NAL", 2025, "P")
    kinds = {column.name: column.kind for column in pinned.columns}

    assert {kinds[name] for name in ("PARCEL_ID", "DOR_UC", "SALE_MO1", "OWN_ZIPCD", "MP_ID")} == {Kind.CODE}
    assert pinned.of_kind(Kind.SIGNED) == ["JV_CHNG"]


def change(header, kind):
    match kind:
        case "two more":
            return [*header[:9], "NEW_A", "NEW_B", *header[9:]]
        case "one missing":
            return [name for name in header if name != "SALE_PRC"]
        case "moved":
            return [header[1], header[0], *header[2:]]
        case "repeated":
            return [*header, header[0]]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("two more", ["2 extra ('NEW_A', 'NEW_B')", "25 columns where 23"]),
        ("one missing", ["1 missing ('SALE_PRC')", "22 columns where 23"]),
        ("moved", ["out of order ('PARCEL_ID', 'CO_NO')"]),
        ("repeated", ["repeated ('CO_NO')", "24 columns where 23"]),
    ],
)
def test_a_drifted_header_is_refused_with_the_file_and_the_columns(kind, words):
    pinned = layout("SDF", 2025, "P")

    with pytest.raises(HeaderDrift) as drift:
        pinned.check_header(change(list(pinned.header), kind), "SDF16P202501.csv")

    assert all(word in str(drift.value) for word in ["SDF16P202501.csv", *words])


@pytest.mark.parametrize("name", ["NAL16P202501.csv", "SDF15P202502.csv", "NAP77F202601.csv"])
def test_a_members_name_is_read_and_written(name):
    member = parse_member(f"some/folder/{name.lower()}")

    written = member_name(member.file_type, member.county_no, member.stage, member.year, member.submission)
    assert written == name


@pytest.mark.parametrize(
    "name", ["", "NAL16P2025.csv", "NAV16P202501.csv", "NAL16X202501.csv", "readme.txt", "NAL16P202501.xlsx"]
)
def test_a_name_of_another_form_is_refused(name):
    with pytest.raises(InvalidParameters, match="is not the name of a roll file"):
        parse_member(name)


def test_a_release_is_named_after_the_bytes():
    assert parse_member("NAL16P202501.csv").release("0123456789abcdef") == "NAL-16-2025P-01-0123456789ab"
