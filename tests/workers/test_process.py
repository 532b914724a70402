"""Reading rolls: nothing is lost, nothing is changed, and what cannot be read is set aside with its reason."""

import pytest

from tests.workers.roll_files import REAL, cells, make_csv, make_rows, make_sales, read, real_data, run, store, written
from workers.contract import ActionError, Call, Cancelled
from workers.florida_data import chunks
from workers.florida_data.layouts import layout
from workers.florida_data.process import TooManyQuarantined


def process(place, content, file_type="SDF", level="permissive", **fields):
    """A CSV, downloaded from the inbox and processed."""
    return run("process", download=store(place, content, file_type, **fields), level=level)


def quarantined(result):
    return {row["line"]: row for row in read(result["quarantine"])} if result["quarantine"] else {}


def assert_unchanged(result, content):
    """Every cell of the CSV is in the dataset, in its place and as it was."""
    header, *rows = cells(content)
    kept = read(result["dataset"])
    assert list(kept[0]) == header
    assert [[written(value) for value in row.values()] for row in kept] == rows


@pytest.mark.parametrize("file_type", ["NAL", "SDF", "NAP"])
def test_every_cell_of_a_sample_roll_comes_back_as_it_was(place, file_type):
    content = make_csv(file_type, parcels=2_000)

    result = process(place, content, file_type, level="strict")

    assert result["rows_read"] == result["rows_processed"] == len(cells(content)) - 1
    assert result["quarantine"] is None
    assert_unchanged(result, content)


@real_data
def test_the_real_sales_of_broward_are_all_accounted_for(place):
    inbox = place / "inbox"
    inbox.mkdir()
    (inbox / "broward_sdf_2025.zip").symlink_to(REAL / "broward_sdf_2025.zip")
    [file] = run("discover", counties=["Broward"], file_types=["SDF"], source="inbox")["files"]

    result = run("process", download=run("download", file=file), level="strict")

    assert (result["label"], result["rows_read"], result["rows_processed"]) == ("Broward SDF 2025P", 95_332, 95_332)


@real_data
@pytest.mark.parametrize(
    ("name", "file_type", "rows"),
    [
        ("NAP16P202501.head1000", "NAP", 1000),
        ("NAP16P202501.odd-bytes", "NAP", 79),
        ("SDF16P202501.head1000", "SDF", 1000),
    ],
)
def test_real_rows_come_back_without_losing_a_character(place, name, file_type, rows):
    content = (REAL / f"{name}.csv").read_bytes()

    result = process(place, content, file_type, level="strict")

    assert result["rows_processed"] == rows
    assert_unchanged(result, content)


def test_money_is_a_number_and_codes_keep_their_zeros(place):
    content = make_sales({"DOR_UC": '"000"', "SALE_MO": '"02"', "SALE_PRC": "52500000", "PARCEL_ID": '"00 12-A.5"'})

    [row] = read(process(place, content)["dataset"])

    assert (row["DOR_UC"], row["SALE_MO"], row["PARCEL_ID"]) == ("000", "02", "00 12-A.5")
    assert (row["SALE_PRC"], row["SALE_YR"], row["OR_BOOK"]) == (52_500_000, 2025, None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('"SMITH,JOHN & ANN"', "SMITH,JOHN & ANN"),
        ('"THE ""BEST"" SHOP"', 'THE "BEST" SHOP'),
        ('"LINE ONE\r\nLINE TWO"', "LINE ONE\r\nLINE TWO"),
        ('"A\tB  C "', "A\tB  C "),
        ('"DAVIE\ufffd\ufffd\ufffdS"', "DAVIE\ufffd\ufffd\ufffdS"),
        ("  PADDED  ", "  PADDED  "),
        ('""', ""),
        ("", None),
    ],
)
def test_text_is_kept_exactly(place, cell, value):
    good = {"NBRHD_CD": '"X"'}

    result = process(place, make_sales(good, {"NBRHD_CD": cell}, good), level="strict")

    assert [row["NBRHD_CD"] for row in read(result["dataset"])] == ["X", value, "X"]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_of_both_kinds_are_read_also_where_the_last_is_missing(place, end, last):
    content = make_sales({}, {}, {}, end=end)

    result = process(place, content if last else content.removesuffix(end.encode()), level="strict")

    assert result["rows_processed"] == 3
    assert read(result["dataset"])[2]["PARCEL_ID"] == "000002"


def test_line_ends_may_be_mixed_and_blank_lines_are_no_rows(place):
    first, second, third = make_sales({}, {}).splitlines(keepends=True)

    result = process(place, first + second.replace(b"\r\n", b"\n") + b"\r\n" + third + b"\r\n", level="strict")

    assert [row["PARCEL_ID"] for row in read(result["dataset"])] == ["000000", "000001"]


HUGE = b"," + b"9" * 30 + b","
BROKEN = {
    "short": (lambda line: line.rsplit(b",", 1)[0], "wrong number of cells: 22 where 23 were expected"),
    "long": (lambda line: line + b",EXTRA", "wrong number of cells: 24 where 23 were expected"),
    "long by a blank": (lambda line: line + b",", "wrong number of cells: 24 where 23 were expected"),
    "NUL": (lambda line: line.replace(b"000003", b"CA\0ON"), "a NUL byte"),
    "unclosed quote": (lambda line: line.replace(b'"0003"', b'"0003'), "broken quotes"),
    "quote inside": (lambda line: line.replace(b'"0003"', b'"00"0"3"'), "broken quotes"),
    "no number": (lambda line: line.replace(b",100,", b",1OO,"), "SALE_PRC is not a whole number of dollars"),
    "fraction": (lambda line: line.replace(b",100,", b",100.5,"), "SALE_PRC is not a whole number of dollars"),
    "negative": (lambda line: line.replace(b",100,", b",-100,"), "SALE_PRC is negative"),
    "too large": (lambda line: line.replace(b",100,", HUGE), "SALE_PRC is not a whole number of dollars"),
    "blank key": (lambda line: line.replace(b"000003", b""), "blank key: PARCEL_ID and SALE_ID_CD must be filled"),
    "repeated key": (lambda line: line.replace(b"000003", b"000002").replace(b"0003", b"0002"), "repeated key"),
    "other county": (lambda line: b"17" + line[2:], "another county's number in CO_NO, where 16 was expected"),
    "other year": (lambda line: line.replace(b"2025", b"2024", 1), "ASMNT_YR is not 2025"),
}  # fmt: skip


@pytest.mark.parametrize("flaw", BROKEN)
def test_a_bad_row_goes_to_the_quarantine_alone(place, flaw):
    spoil, reason = BROKEN[flaw]
    lines = make_sales(*[{}] * 8).splitlines()
    lines[4] = spoil(lines[4])

    result = process(place, b"\r\n".join(lines) + b"\r\n")

    assert (result["rows_read"], result["rows_processed"], result["rows_quarantined"]) == (8, 7, 1)
    assert result["quarantine_reasons"] == {reason: 1}
    assert quarantined(result) == {5: {"line": 5, "reasons": [reason], "raw": lines[4] + b"\r\n"}}
    assert [row["SALE_ID_CD"] for row in read(result["dataset"])] == [
        "0000",
        "0001",
        "0002",
        "0004",
        "0005",
        "0006",
        "0007",
    ]


def test_a_short_and_a_long_row_do_not_make_up_for_each_other(place):
    lines = make_sales(*[{}] * 6).splitlines()
    lines[2] = lines[2].removesuffix(b",")
    lines[3] += b","

    result = process(place, b"\r\n".join(lines) + b"\r\n")

    assert sorted(quarantined(result)) == [3, 4]


def test_several_reasons_of_a_row_are_all_told(place):
    content = make_sales({}, {"SALE_PRC": "-5", "SALE_YR": "MMXXV", "CO_NO": "17"})

    [row] = quarantined(process(place, content)).values()

    assert row["reasons"] == [
        "SALE_YR is not a year",
        "SALE_PRC is negative",
        "another county's number in CO_NO, where 16 was expected",
    ]


def test_the_file_letter_is_checked_where_there_is_one(place):
    content = make_csv("NAP", parcels=300).replace(b'"P"', b'"R"', 1)

    assert process(place, content, "NAP")["quarantine_reasons"] == {"FILE_T is not P": 1}


def test_bad_rows_are_found_wherever_chunks_are_cut(place, monkeypatch):
    lines = make_sales(*({"NBRHD_CD": '"A\r\nB"'} if n % 3 == 0 else {} for n in range(60))).split(b"\r\n16,")
    lines[30] = lines[30].replace(b",2025,", b",", 1)
    content = b"\r\n16,".join(lines)
    whole = process(place, content)

    for size in (64, 100, 777):
        monkeypatch.setattr(chunks.read_chunks, "__defaults__", (size,))
        (place / "data" / "processed").rename(place / "data" / f"before {size}")
        again = run("process", download=store(place, content), level="permissive")
        assert again == whole

    assert (whole["rows_read"], whole["rows_quarantined"]) == (60, 1)


@pytest.mark.parametrize(("level", "bad", "passes"), [
    ("strict", 0, True), ("strict", 1, False), ("standard", 5, True), ("standard", 6, False), ("permissive", 60, True),
])  # fmt: skip
def test_the_level_says_how_many_rows_may_be_set_aside(place, level, bad, passes):
    content = make_sales(*({"SALE_PRC": "?"} if n < bad else {} for n in range(100)))

    if passes:
        assert process(place, content, level=level)["rows_quarantined"] == bad
        return
    with pytest.raises(TooManyQuarantined) as refused:
        process(place, content, level=level)
    assert f"SDF16P202501.csv: {bad} of 100 rows cannot be read" in str(refused.value)
    assert "SALE_PRC is not a whole number of dollars" in str(refused.value)
    assert not (place / "data" / "processed").exists()


def test_a_stricter_level_refuses_what_a_milder_one_has_processed(place):
    content = make_sales({}, {"SALE_PRC": "?"})
    process(place, content)

    with pytest.raises(TooManyQuarantined):
        process(place, content, level="standard")


def test_a_file_of_another_county_is_refused_with_both_named(place):
    with pytest.raises(ActionError) as refused:
        process(place, make_sales({}, {}, county=17))

    assert "SDF16P202501.csv: none of its 2 rows can be kept as a roll of Broward" in str(refused.value)
    assert "another county's number in CO_NO, where 16 was expected (2)" in str(refused.value)


@pytest.mark.parametrize("header", ["two more", "one missing"])
def test_a_drifted_header_fails_the_file_and_writes_nothing(place, header):
    names = list(layout("SDF", 2025, "P").header)
    names = [*names, "NEW_A", "NEW_B"] if header == "two more" else names[:-1]

    with pytest.raises(ActionError, match=r"SDF16P202501.csv: its header is not the one pinned for it"):
        process(place, make_rows(names, {"CO_NO": "16"}))

    assert not (place / "data" / "processed").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (make_sales(), "has a header and no rows"),
        (bytes(range(256)) * 4_000, "its header is not the one pinned"),
        (b"x" * 2_000_000, "does not begin with a header"),
    ],
    ids=["empty", "header only", "garbage", "one long line"],
)
def test_what_is_no_roll_at_all_is_refused(place, content, words):
    with pytest.raises(ActionError, match=words):
        process(place, content)


def test_garbage_beneath_a_good_header_is_refused_even_permissively(place):
    with pytest.raises(ActionError, match="none of its"):
        process(place, make_sales() + bytes(byte for byte in range(256) if byte != 34) * 2_000)


def test_the_same_file_gives_the_same_bytes_and_is_not_written_twice(place):
    content = make_csv("NAL", parcels=500)
    first = process(place, content, "NAL")
    path = place / "data" / "processed" / first["release"]
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*") if file.is_file()}

    assert process(place, content, "NAL") == first
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*") if file.is_file()} == before

    path.rename(place / "moved away")
    assert process(place, content, "NAL") == first


def test_a_withdrawn_call_stops_and_leaves_nothing(place):
    download = store(place, make_csv("NAL", parcels=500), "NAL")
    call = Call()
    call.cancelled.set()

    with pytest.raises(Cancelled):
        run("process", call, download=download)

    assert not (place / "data" / "processed").exists()
    assert not list((place / "data" / ".work").iterdir())


def test_progress_is_told_in_bytes_of_the_file(place):
    content = make_csv("SDF", parcels=2_000)
    download = store(place, content)
    told = []

    run("process", Call(report=lambda done, total, message: told.append((done, total))), download=download)

    assert told[-1][1] == len(content)
    assert 0 < told[-1][0] <= len(content)


def test_the_final_roll_of_2026_is_read_with_its_two_more_columns(place):
    content = make_csv("NAL", parcels=50, year=2026, stage="F")
    (place / "inbox").mkdir()
    (place / "inbox" / "NAL16F202601.csv").write_bytes(content)
    [file] = run("discover", counties=[16], file_types=["NAL"], source="inbox")["files"]

    result = run("process", download=run("download", file=file), level="strict")

    assert len(result["dataset"]["schema"]) == 167
    assert_unchanged(result, content)
