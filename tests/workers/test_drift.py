"""Drifted headers: what is said of them, what is proposed, and how a file is read by a person's mapping."""

import csv
import io
import json
import re

import pytest

from tests.workers.roll_files import REAL, make_csv, make_rows, make_sales, read, real_data, run, store
from tests.workers.rolls import make_dataset, make_processed
from workers import datasets
from workers.contract import Call, InvalidParameters
from workers.data_quality.validate import validate
from workers.florida_data.drift import find
from workers.florida_data.headers import distinct
from workers.florida_data.layouts import HeaderDrift, layout, member_name, parse_member

GUIDE = {
    "SDF": {"SAL_CHNG_CD": "SAL_CHG_CD", "STATE_PAR_ID": "STATE_PARCEL_ID"},
    "NAP": {"OWN_NAME": "OWN_NAM", "FIDU_ZIP_CD": "FIDU_ZIPCD", "PHY_ZIP": "PHY_ZIPCD"},
    "NAL": {"JV_RESD-NON_RESD": "JV_RESD_NON_RESD", "R_PAGE2": "OR_PAGE2", "EXMPT 43": "EXMPT_43"},
}


def cells_of(content):
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return header, rows


def drift_of(header, rows, file_type="SDF"):
    member = parse_member(member_name(file_type, 16, "P", 2025))
    return find(distinct(header), rows[:100], layout(file_type, 2025, "P"), member)


def renamed(content, names):
    """The file's header under other names (new → old), and its rows."""
    header, rows = cells_of(content)
    old = {column: name for name, column in names.items()}
    return [old.get(name, name) for name in header], rows


@pytest.mark.parametrize("file_type", GUIDE)
def test_the_names_of_the_guide_are_known(file_type):
    header, rows = renamed(make_csv(file_type, 200), GUIDE[file_type])

    found = drift_of(header, rows, file_type)

    assert {one.name: one.column for one in found.renamed} == GUIDE[file_type]
    assert all(one.score > 0.9 for one in found.renamed)
    assert (found.new, found.missing, found.moved) == ([], [], [])


@real_data
@pytest.mark.parametrize("file_type", ["SDF", "NAP"])
def test_nothing_in_real_rows_belies_their_names(file_type):
    content = (REAL / f"{file_type}16P202501.head1000.csv").read_bytes()
    header, rows = renamed(content, GUIDE[file_type])

    found = drift_of(header, rows, file_type)

    sure = [one for one in found.proposals if one.name == one.column]
    assert {one.score for one in sure} == {1.0}
    assert {one.name: one.column for one in found.renamed} == GUIDE[file_type]


@pytest.mark.parametrize(
    ("name", "column"),
    [("SALE_AMOUNT", "SALE_PRC"), ("SALE_PRICE", "SALE_PRC"), ("QUALIFICATION", "QUAL_CD"), ("PARCELID", "PARCEL_ID")],
)
def test_a_renamed_column_is_told_by_its_name_its_place_and_its_content(name, column):
    found = drift_of(*renamed(make_csv("SDF", 2_000), {name: column}))

    [proposal] = found.renamed
    assert (proposal.name, proposal.column) == (name, column)
    assert proposal.score >= 0.5
    assert found.missing == found.new == []


def test_content_that_cannot_be_a_columns_keeps_it_from_being_proposed():
    header, rows = renamed(make_csv("SDF", 2_000), {"SALE_PRICE": "SALE_PRC"})
    at = header.index("SALE_PRICE")
    rows = [[*row[:at], "one hundred", *row[at + 1 :]] for row in rows]

    found = drift_of(header, rows)

    assert (found.new, found.missing) == (["SALE_PRICE"], ["SALE_PRC"])


def test_a_name_that_its_content_belies_is_doubtful():
    header, rows = cells_of(make_csv("SDF", 2_000))
    header[0], header[1] = header[1], header[0]

    told = drift_of(header, rows).told()

    assert "Moved: PARCEL_ID, CO_NO" in told
    assert "Doubtful: CO_NO (0.00: the same name, but only 0% of its first cells suit it)" in told


def test_exemptions_are_told_apart_by_their_numbers():
    header, rows = cells_of(make_csv("NAL", 50, year=2026, stage="F"))

    found = drift_of(header, rows, "NAL")

    assert (found.new, found.renamed, found.missing) == (["EXMPT_47", "EXMPT_48"], [], [])


def test_each_columns_proposal_has_a_score_and_a_reason():
    found = drift_of(*renamed(make_csv("SDF", 500), {"SALE_PRICE": "SALE_PRC"}))

    assert [one.name for one in found.proposals] == [
        "SALE_PRICE" if n == "SALE_PRC" else n for n in found.layout.header
    ]
    assert all(0 < one.score <= 1 and one.reason for one in found.proposals)


def test_repeated_and_blank_names_are_told_apart():
    assert distinct(["A", "", "A", "", "A"]) == ["A", "column 2", "A (2)", "column 4", "A (3)"]


def test_the_error_names_the_file_and_the_proposal_is_what_the_step_takes(place):
    header, rows = renamed(make_csv("NAP", 400), {"OWNER": "OWN_NAM", "EXTRA": "FIL"})
    content = make_rows(header, *({n: f'"{c}"' for n, c in zip(header, row, strict=True) if c} for row in rows))
    download = store(place, content, "NAP")

    with pytest.raises(HeaderDrift, match=r"^NAP16P202501.csv: its header is not the one pinned") as refused:
        run("process", download=download)
    [proposal] = map(json.loads, re.findall(r"argument mapping: (\{.*\})\.$", str(refused.value)))
    result = run("process", download=download, level="strict", mapping=proposal)

    assert proposal == {"OWNER": "OWN_NAM", "EXTRA": "", "FIL": ""}
    assert read(result["dataset"]) == read(
        run("process", download=store(place, make_csv("NAP", 400), "NAP"))["dataset"]
    )


def test_rows_set_aside_are_those_of_the_file_under_its_own_columns(place):
    lines = make_sales(*[{}] * 8).replace(b"SALE_PRC", b"PRICE").splitlines()
    lines[4] = lines[4].replace(b",100,", b",1OO,")
    lines[6] += b",MORE"

    result = run(
        "process",
        download=store(place, b"\r\n".join(lines) + b"\r\n"),
        level="permissive",
        mapping={"PRICE": "SALE_PRC"},
    )

    rejects = {row["line"]: (row["reasons"], row["raw"]) for row in read(result["quarantine"])}
    assert rejects == {
        5: (["SALE_PRC is not a whole number of dollars"], lines[4] + b"\r\n"),
        7: (["wrong number of cells: 24 where 23 were expected"], lines[6] + b"\r\n"),
    }


def test_another_mapping_gives_other_rows_and_the_same_one_the_same_file(place):
    content = make_sales(*[{"SALE_YR": "2024"}] * 3).replace(b"SALE_PRC", b"PRICE").replace(b"MP_ID", b"MP")
    download = store(place, content)

    first, again = (run("process", download=download, mapping={"PRICE": "SALE_PRC", "MP": "MP_ID"}) for _ in range(2))
    other = run("process", download=download, mapping={"PRICE": "SALE_PRC", "MP": ""})

    assert first == again
    assert other["dataset"]["$dataset"] != first["dataset"]["$dataset"]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({}, "mapping.PRICE: it says nothing of the column 'PRICE'"),
        ({"PRIZE": "SALE_PRC"}, "SDF16P202501.csv has no column 'PRIZE'"),
        ({"PRICE": "SALES"}, "SDF has no column 'SALES'"),
        ({"PRICE": "SALE_YR"}, "'PRICE' and 'SALE_YR' cannot both be SALE_YR"),
        ({"PRICE": ""}, "cannot be read without SALE_PRC: a key or a rule needs it"),
        ({"PRICE": "SALE_PRC", "PARCEL_ID": ""}, "cannot be read without PARCEL_ID"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_what_to_mend(place, mapping, words):
    download = store(place, make_sales({}).replace(b"SALE_PRC", b"PRICE"))

    with pytest.raises(InvalidParameters, match=r"^mapping") as refused:
        run("process", download=download, mapping=mapping)

    assert words in str(refused.value)
    assert not (place / "data" / "processed").exists()


def test_a_good_file_may_be_read_by_a_mapping_that_changes_nothing(place):
    download = store(place, make_csv("SDF"))

    plain, mapped = run("process", download=download), run("process", download=download, mapping={})

    assert plain["dataset"]["sha256"] == mapped["dataset"]["sha256"]


@pytest.mark.django_db(databases=["default", "warehouse"])
@pytest.mark.parametrize("file_type", ["NAL", "SDF", "NAP", "NAVN", "NAVD"])
def test_what_cannot_be_done_without_is_just_what_the_rules_need(file_type):
    frame = datasets.read(make_processed(file_type=file_type)["dataset"])
    needed = layout(file_type, 2025, "P").indispensable

    def check(columns):
        dataset = make_dataset(frame.select(columns), f"needed-{file_type}")
        about = {"dataset": dataset, "file_type": file_type, "county_no": 73, "year": 2025, "stage": "P"}
        return validate.run(Call(), about)

    assert check([name for name in frame.columns if name in needed])["ok"]
    for name in needed:
        with pytest.raises(InvalidParameters, match=name):
            check([column for column in frame.columns if column != name])
