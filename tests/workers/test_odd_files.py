"""Roll files as counties and people really name, pack and write them: found, read, and counted alike."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.workers.roll_files import make_csv, make_sales, make_zip, read, run, serving, store
from workers.contract import ActionError
from workers.florida_data.layouts import parse_member
from workers.florida_data.names import read_name
from workers.florida_data.sample.portal import application

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NAL12F202502VAB.csv", ("NAL", 12, "F", 2025, 2)),
        ("SDF21F202502VAB.csv", ("SDF", 21, "F", 2025, 2)),
        ("nal11f201802_vab.CSV", ("NAL", 11, "F", 2018, 2)),
        ("NAL26F20260827.txt", ("NAL", 26, "F", 2026, 1)),
        ("NALNASSAU55F202501.csv", ("NAL", 55, "F", 2025, 1)),
        ("NALBAKER12F202502VAB.csv", ("NAL", 12, "F", 2025, 2)),
        ("NAP16P202501 (1).csv", ("NAP", 16, "P", 2025, 1)),
        ("NAVN162401 (1).TXT", ("NAVN", 16, "F", 2024, 1)),
    ],
)
def test_members_are_known_by_the_names_that_counties_give_them(name: str, told: tuple[Any, ...]) -> None:
    member = parse_member(name)

    assert (member.file_type, member.county_no, member.stage, member.year, member.submission) == told
    assert member.name == name


@pytest.mark.parametrize(
    ("path", "county", "year", "stage"),
    [
        ("NAL/2025F/Indin River 41 Final NAL 2025.zip", "Indian River", 2025, "F"),
        ("SDF/2025F/Dixie 25 Final SDF 2025..zip", "Dixie", 2025, "F"),
        ("SDF/2025F/Collier 21 Final SDF  2025.zip", "Collier", 2025, "F"),
        ("NAL/2026P/Seminole 58 Preliminary NAL 2026.zip", "Seminole", 2026, "P"),
        ("NAL/2026P/Broward Preliminary NAL 2026.zip", "Broward", 2026, "P"),
        ("NAL/2025F/Desoto 24 Final NAL 2025.zip", "DeSoto", 2025, "F"),
        ("Miami-Dade 23 Final SDF 2025 (1).zip", "Miami-Dade", 2025, "F"),
        ("miami-dade-23-final-nal-2025.zip", "Miami-Dade", 2025, "F"),
        ("St._Johns_65_Final_NAL_2025.ZIP", "Saint Johns", 2025, "F"),
        ("23_NAL_2025p.zip", "Miami-Dade", 2025, "P"),
        ("Palm Beach 60 Final NAL 2025 corrected.zip", "Palm Beach", 2025, "F"),
        ("Atlantis 99 Preliminary NAL 2026.zip", None, 2026, "P"),
        ("Atlantis 41 Preliminary NAL 2026.zip", None, 2026, "P"),
    ],
)
def test_zips_are_known_by_the_names_that_people_give_them(path: str, county: str, year: int, stage: str) -> None:
    told = read_name(path)

    assert (told.county.name if told.county else None, told.year, told.stage) == (county, year, stage)


def test_the_roll_after_the_value_adjustment_board_is_loaded_from_the_portal(place: Path, settings: Settings) -> None:
    folder = place / "rolls" / "SDF" / "2025F"
    make_zip(folder / "Indin River 41 Final SDF 2025.zip", make_csv(county=41, stage="F"), "SDF41F202502VAB.csv")
    with serving(application(place / "rolls")) as url:
        settings.FLORIDA_SAMPLE_URL = url
        [file] = run("discover", counties=["Indian River"], file_types=["SDF"], source="sample")["files"]
        downloaded = run("download", file=file)

    processed = run("process", download=downloaded, level="strict")

    assert (downloaded["member"], downloaded["submission"]) == ("SDF41F202502VAB.csv", 2)
    assert processed["label"] == "Indian River SDF 2025F"


def put_zip(place: Path, members: dict[str, bytes], name: str = "upload.zip") -> None:
    path = place / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def take(place: Path) -> Json:
    [file] = run("discover", counties=[16], file_types=["SDF"], source="inbox")["files"]
    return run("process", download=run("download", file=file), level="strict")


@pytest.mark.parametrize(
    "beside",
    [
        {"readme.txt": b"hello"},
        {"__MACOSX/sdf/._sdf16p202501.CSV": b"\0\5", "sdf/": b""},
        {"layout.pdf": b"%PDF", "sdf/notes.csv": b"a,b"},
    ],
)
def test_the_roll_in_a_zip_is_told_from_what_lies_beside_it(place: Path, beside: dict[str, bytes]) -> None:
    put_zip(place, {**beside, "sdf/sdf16p202501.CSV": make_sales({}, {})})

    assert take(place)["rows_processed"] == 2


def test_a_zip_with_two_rolls_is_refused_with_both_named(place: Path) -> None:
    put_zip(place, {"SDF16P202501.csv": make_sales({}), "SDF16P202502.csv": make_sales({})}, "Broward SDF 2025P.zip")

    with pytest.raises(
        ActionError, match=r"should hold one CSV file, but holds 'SDF16P202501.csv', 'SDF16P202502.csv'"
    ):
        take(place)


def load(place: Path, content: bytes, file_type: Any = "SDF") -> tuple[Json, int]:
    """A roll as `process` answers it, and its rows as `verify` counts them in the source."""
    downloaded = store(place, content, file_type)
    processed = run("process", download=downloaded, level="permissive")
    uploaded = run("upload", processed=processed)
    verified = run("verify", downloaded=downloaded, processed=processed, uploaded=uploaded)
    assert verified["agree"] is True, verified
    return processed, verified["rows_source"]


@pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)
class TestBytes:
    """What is odd about the bytes of a file costs no row that can be read."""

    def test_carriage_returns_alone_end_lines_too(self, place: Path) -> None:
        processed, counted = load(place, make_sales({}, {"NBRHD_CD": '"A,B"'}, {}, end="\r"))

        assert counted == 3
        assert [row["NBRHD_CD"] for row in read(processed["dataset"])] == [None, "A,B", None]

    @pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
    def test_a_byte_order_mark_belongs_to_no_cell(self, place: Path, mark: bytes) -> None:
        processed, counted = load(place, mark + make_sales({}, {}))

        assert (counted, processed["rows_quarantined"]) == (2, 0)

    @pytest.mark.parametrize("change", [str.lower, lambda text: text.replace(",", '" , "').join(['"', '"'])])
    def test_a_header_in_small_letters_or_with_spaces_is_the_same_header(
        self, place: Path, change: Callable[[str], str]
    ) -> None:
        header, rows = make_sales({}, {"NBRHD_CD": "x"}).split(b"\r\n", 1)

        processed, _ = load(place, change(header.decode()).encode() + b"\r\n" + rows)

        assert [row["NBRHD_CD"] for row in read(processed["dataset"])] == [None, "x"]

    def test_letters_of_windows_are_read_and_counted_as_doubtful(self, place: Path) -> None:
        lines = make_sales(*[{"NBRHD_CD": '"X"'}] * 5).split(b"\r\n")
        lines[2] = lines[2].replace(b'"X"', b'"CA\xd1ON \x93A\x94 \x81"')
        lines[4] = lines[4].replace(b'"X"', b'"ORDO\xd1EZ\r\n2"')

        processed, counted = load(place, b"\r\n".join(lines))

        cells = [row["NBRHD_CD"] for row in read(processed["dataset"])]
        assert cells == ["X", "CAÑON “A” \x81", "X", "ORDOÑEZ\r\n2", "X"]
        assert (counted, processed["rows_quarantined"]) == (5, 0)
        assert processed["doubts"] == {"not UTF-8: read as Windows-1252": 2}

    def test_a_nul_is_set_aside_since_no_database_takes_it(self, place: Path) -> None:
        lines = make_sales({}, {"NBRHD_CD": '"X"'}, {}).replace(b'"X"', b'"\0"')

        processed, counted = load(place, lines)

        assert (counted, processed["quarantine_reasons"]) == (3, {"a NUL byte": 1})

    def test_spaces_around_numbers_are_no_part_of_them(self, place: Path) -> None:
        padded = {"SALE_PRC": '"  250000 "', "SALE_YR": " 2025", "CO_NO": "16 ", "CENSUS_BK": '"  1 "'}

        processed, _ = load(place, make_sales({}, padded, {"SALE_PRC": "   "}, {"SALE_PRC": '"1 2"'}))

        rows = read(processed["dataset"])
        assert [(row["CO_NO"], row["SALE_PRC"], row["CENSUS_BK"]) for row in rows] == [
            (16, 100, None),
            (16, 250_000, "  1 "),
            (16, None, None),
        ]
        assert processed["quarantine_reasons"] == {"SALE_PRC is not a whole number of dollars": 1}


@pytest.mark.parametrize("file_type", ["NAL", "SDF", "NAP"])
def test_a_header_of_which_every_name_is_spelled_otherwise_has_a_proposal_that_can_be_taken_whole(
    place: Path, file_type: Any
) -> None:
    header, rows = make_csv(file_type, parcels=60).split(b"\r\n", 1)
    downloaded = store(place, header.replace(b"_", b" ").title() + b"\r\n" + rows, file_type)

    with pytest.raises(ActionError, match="its header is not the one pinned") as refused:
        run("process", download=downloaded)

    proposal = json.loads(str(refused.value).split("the argument mapping: ", 1)[1].rstrip("."))
    assert len(str(refused.value)) < 10_000
    assert run("process", download=downloaded, mapping=proposal, level="strict")["rows_quarantined"] == 0


def test_a_file_of_no_byte_is_told_so(place: Path) -> None:
    (place / "inbox").mkdir()
    (place / "inbox" / "Broward 16 Final SDF 2025.zip").touch()
    [file] = run("discover", counties=[16], file_types=["SDF"], source="inbox")["files"]

    with pytest.raises(ActionError, match=r"Broward 16 Final SDF 2025.zip is empty"):
        run("download", file=file)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_file_without_a_header_may_begin_with_a_byte_order_mark(place: Path, mark: bytes) -> None:
    path = place / "inbox" / "NAVN162401.TXT"
    path.parent.mkdir(parents=True)
    path.write_bytes(mark + b"N,16,474119030010,000123,2024,123.45,2,1\r\nN,16,0001-A,,2024,80,1,2\r\n")
    [file] = run("discover", counties=[16], file_types=["NAVN"], source="inbox")["files"]

    assert run("process", download=run("download", file=file), level="strict")["rows_processed"] == 2


def discover(place: Path, settings: Settings, **parameters: Any) -> list[str]:
    with serving(application(place / "rolls")) as url:
        settings.FLORIDA_SAMPLE_URL = url
        found = run("discover", counties=[16], file_types=["SDF"], source="sample", **parameters)
    return [file["label"] for file in found["files"]]


def test_a_years_folder_that_is_still_empty_hides_no_earlier_year(place: Path, settings: Settings) -> None:
    make_zip(place / "rolls" / "SDF" / "2025F" / "Broward 16 Final SDF 2025.zip", make_sales({}), "SDF16F202501.csv")
    (place / "rolls" / "SDF" / "2026P").mkdir()
    (place / "rolls" / "SDF" / "~2027P").mkdir()

    assert discover(place, settings) == ["Broward SDF 2025F"]
    with pytest.raises(ActionError, match="for 2026"):
        discover(place, settings, year=2026)


LISTED = {
    "Name": "Broward 16 Final SDF 2025.zip",
    "ServerRelativeUrl": "/x/Documents/SDF/2025F/Broward 16 Final SDF 2025.zip",
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda entry: entry, 1),
        (lambda entry: entry | {"Length": None, "ETag": None, "TimeLastModified": None}, 1),
        (lambda entry: entry | {"Length": 17}, 1),
        (lambda entry: {"Name": entry["Name"]}, 0),
        (lambda entry: "a name", 0),
    ],
)
def test_a_listing_that_tells_less_is_read_and_one_that_is_none_is_refused(
    place: Path, settings: Settings, change: Callable[[Json], Any], found: int
) -> None:
    async def listing(scope: Any, receive: Any, send: Any) -> None:
        body = json.dumps({"Files": [change(LISTED)], "Folders": []}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    with serving(listing) as url:
        settings.FLORIDA_SAMPLE_URL = f"{url}/x/Documents/SDF"
        if not found:
            with pytest.raises(ActionError, match="JSON that is no listing"):
                run("discover", counties=[16], file_types=["SDF"], source="sample")
            return
        [file] = run("discover", counties=[16], file_types=["SDF"], source="sample")["files"]
    assert (file["label"], file["etag"]) == ("Broward SDF 2025F", "")
