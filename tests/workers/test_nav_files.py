"""The non-ad-valorem files: found under several names, read with or without a header, loaded, counted, checked."""

import pytest
from django.core.management import call_command
from django.db import connections

from tests.workers.roll_files import make_csv, make_zip, read, run, serving
from workers.contract import ActionError, Call
from workers.data_quality.validate import validate
from workers.florida_data.counting import count_records
from workers.florida_data.layouts import parse_member
from workers.florida_data.sample.portal import application
from workers.florida_data.sample.standard import SampleSet

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)

N = (b"N,16,474119030010,000123,2024,123.45,2,1\r\n", b"N,16,0001-A,,2024,80,1,0000002\r\n")
D = b"D,16,474119030010,HIA010101,1,3,100.00,1\r\nD,16,474119030010,HIA010102,1,10,23.45,2\r\n"


def put(place, content, name="NAVN162401.TXT"):
    path = place / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def process(place, content, name="NAVN162401.TXT", level="permissive", **more):
    """A bare NAV file of the inbox, downloaded and processed."""
    put(place, content, name)
    [file] = run("discover", counties=[16], file_types=[name[:4]], source="inbox")["files"]
    return run("process", download=run("download", file=file), level=level, **more)


def load(folder, source, file_type):
    """A branch of the pipeline, through each action."""
    [file] = run("discover", counties=["Duval"], file_types=[file_type], source=source)["files"]
    downloaded = run("download", file=file)
    processed = run("process", download=downloaded, level="strict")
    uploaded = run("upload", processed=processed)
    return processed, run("verify", downloaded=downloaded, processed=processed, uploaded=uploaded)


def check(processed, file_type, **changed):
    frame = {"dataset": processed["dataset"], "file_type": file_type, "county_no": 16, "year": 2024, "stage": "F"}
    found = validate.run(Call(), frame | changed)
    return {finding["rule"]: finding["violations"] for finding in found["rules"] if finding["violations"]}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NAVN162401.TXT", ("NAVN", 16, 2024, 1)),
        ("navd772605.txt", ("NAVD", 77, 2026, 5)),
        ("some/folder/NAVD162402.Txt", ("NAVD", 16, 2024, 2)),
    ],
)
def test_a_name_tells_type_county_year_and_submission(name, told):
    member = parse_member(name)

    assert (member.file_type, member.county_no, member.year, member.submission) == told


@pytest.mark.parametrize(
    "path",
    ["NAV/2024/NAV N", "NAV/2024/NAVN", "NAV/NAV N/2024", "NAVN/2024", "NAV N/2024", "nav/2024F/nav_n"],
)
def test_the_portals_folders_are_found_in_every_spelling(place, settings, path):
    for name in ("NAVN162401.TXT", "NAVN162402.txt"):
        put(place / "rolls" / path, N[0], name)
        (place / "rolls" / path / "inbox" / name).rename(place / "rolls" / path / name)
    with serving(application(place / "rolls")) as url:
        settings.FLORIDA_SAMPLE_URL = url
        found = run("discover", counties=[16], file_types=["NAVN"], source="sample", stage="P")

    [file] = found["files"]
    assert (file["name"], file["year"]) == ("NAVN162402.txt", 2024)


def test_zips_named_by_hand_are_found_too(place):
    make_zip(place / "inbox" / "NAV" / "2024" / "NAV D" / "Broward.zip", D, "NAVD162401.TXT")
    make_zip(place / "inbox" / "Broward 16 NAV N 2024.zip", N[0], "NAVN162401.TXT")

    found = run("discover", counties=[16], file_types=["NAVN", "NAVD"], source="inbox")

    assert [file["label"] for file in found["files"]] == ["Broward NAVD 2024F", "Broward NAVN 2024F"]
    assert [run("download", file=file)["submission"] for file in found["files"]] == [1, 1]


def test_a_county_may_publish_only_one_of_the_pair(place):
    put(place, N[0])

    found = run("discover", counties=[16, 17], file_types=["NAVN", "NAVD"], source="inbox")

    assert [(one["county"], one["file_type"]) for one in found["unpaired"]] == [("Broward", "NAVD")]
    assert [(one["county"], one["file_type"]) for one in found["missing"]] == [
        ("Calhoun", "NAVN"),
        ("Calhoun", "NAVD"),
    ]


def test_rows_are_read_from_the_first_line_on_and_kept_exactly(place):
    result = process(place, b"".join(N), level="strict")

    rows = read(result["dataset"])
    assert [tuple(row.values()) for row in rows] == [
        ("N", 16, "474119030010", "000123", 2024, 123.45, 2, "1"),
        ("N", 16, "0001-A", None, 2024, 80.0, 1, "0000002"),
    ]


def test_a_header_of_the_pinned_names_is_read_as_one(place):
    header = b"ROLL_T,CO_NO,PARCEL_ID,TC_ACCT_NO,TAX_YR,TOT_ASMNT,NO_ASMNT,SEQ_NO\r\n"

    assert process(place, header + N[0], level="strict")["rows_read"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"N,16,474119030010,000123,2024,12345\r\n", "its first row has 6 cells where 8 were expected"),
        (b"Roll,County,Parcel,Account,Year,Total,Number,Seq\r\n" + N[0], "its header is not the one pinned"),
        (b"N|16|474119030010|000123|2024|123.45|2|1\r\n", "its header is not the one pinned"),
        (D, "its header is not the one pinned"),
    ],
    ids=["other cells", "another header", "another separator", "the other file"],
)
def test_what_does_not_fit_the_layout_is_held_and_not_guessed_at(place, content, words):
    with pytest.raises(ActionError, match=words) as refused:
        process(place, content)

    assert "NAVN162401.TXT" in str(refused.value)
    assert not (place / "data" / "processed").exists()


def test_bad_rows_go_to_the_quarantine_by_their_line(place):
    bad = [N[0].replace(b"N,16", b"N,17"), N[0].replace(b"2024", b"2023"), N[0].replace(b"123.45", b"-5"), N[0][:-4]]

    result = process(place, b"".join([N[1], *bad]))

    rejects = {row["line"]: row["reasons"] for row in read(result["quarantine"])}
    assert rejects == {
        2: ["another county's number in CO_NO, where 16 was expected"],
        3: ["TAX_YR is not 2024"],
        4: ["TOT_ASMNT is negative"],
        5: ["wrong number of cells: 7 where 8 were expected"],
    }


@pytest.mark.parametrize("file_type", ["NAVN", "NAVD"])
@pytest.mark.parametrize("kind", ["folder", "portal"])
def test_the_sample_goes_from_the_source_to_the_table(place, settings, file_type, kind):
    folder = place / "rolls"
    SampleSet({"Duval": 200}, ("NAVN", "NAVD")).write(folder)
    if kind == "folder":
        settings.FLORIDA_SOURCES = {"archive": f"file://{folder}"}
        processed, verified = load(folder, "archive", file_type)
    else:
        with serving(application(folder)) as url:
            settings.FLORIDA_SAMPLE_URL = url
            processed, verified = load(folder, "sample", file_type)

    assert verified["agree"] is True
    assert verified["rows_source"] == verified["rows_loaded"] == processed["rows_read"] >= 200
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM nav_{file_type[-1].lower()}_current")
        assert cursor.fetchone() == (processed["rows_read"],)
    assert check(processed, file_type, county_no=26, year=2025) == {}


def test_the_parcels_totals_are_the_sums_of_their_assessments(place):
    each = process(place, make_csv("NAVD", 300, year=2024), "NAVD162401.TXT")
    total = process(place, make_csv("NAVN", 300, year=2024))

    sums: dict = {}
    for row in read(each["dataset"]):
        sums[row["PARCEL_ID"]] = sums.get(row["PARCEL_ID"], 0) + row["ASMNT_AMT"]
    assert {row["PARCEL_ID"]: pytest.approx(row["TOT_ASMNT"]) for row in read(total["dataset"])} == sums


def test_the_source_is_counted_from_its_first_line_on(place):
    put(place, b"".join(N))

    with (place / "inbox" / "NAVN162401.TXT").open("rb") as lines:
        assert count_records(Call(), lines, headed=False) == 2


def test_the_command_writes_them_where_they_are_asked_for(tmp_path):
    call_command("make_sample_rolls", "--counties", "Lee", "--rows", "5", "--types", "NAVN", "NAVD", out=tmp_path)

    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.TXT"))
    assert names == ["NAV/2025/NAV D/NAVD462501.TXT", "NAV/2025/NAV N/NAVN462501.TXT"]
