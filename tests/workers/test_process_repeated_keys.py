"""A key names one row: of rows with the same one the first good one is kept, however far apart they are in the file."""

import random
from collections import Counter

import pytest

from tests.workers.roll_files import make_csv, make_sales, read, run, store
from workers.contract import Call
from workers.florida_data import chunks, keys

SALE = {"PARCEL_ID": '"000000"', "SALE_ID_CD": '"0000"'}


def process(place, content, file_type="SDF", call=None):
    return run("process", call or Call(), download=store(place, content, file_type), level="permissive")


def quarantined(result):
    return {row["line"]: row["reasons"] for row in read(result["quarantine"])} if result["quarantine"] else {}


def sales_with_repeated_keys():
    """300 sales of 250 keys, some of which cannot be kept; and the lines of those that repeat a good one's key."""
    random.seed(7)
    rows = [
        {"PARCEL_ID": f'"{number % 250:06}"', "SALE_ID_CD": '"1"', "SALE_PRC": random.choice(["100", "100", "?"])}
        for number in range(300)
    ]
    random.shuffle(rows)
    good, repeated = set(), []
    for line, row in enumerate(rows, 2):
        if row["PARCEL_ID"] in good:
            repeated.append(line)
        elif row["SALE_PRC"] != "?":
            good.add(row["PARCEL_ID"])
    return make_sales(*rows), repeated, len(good)


@pytest.mark.parametrize("keys_at_once", [1_000_000, 100, 7])
@pytest.mark.parametrize("chunk", [8 << 20, 1_000])
def test_each_key_is_kept_once_whatever_part_of_the_file_is_in_memory(place, monkeypatch, keys_at_once, chunk):
    content, repeated, kept = sales_with_repeated_keys()
    monkeypatch.setattr(keys, "KEYS_AT_ONCE", keys_at_once)
    monkeypatch.setattr(chunks.read_chunks, "__defaults__", (chunk,))

    result = process(place, content)

    assert (result["rows_read"], result["rows_processed"]) == (300, kept)
    assert max(Counter(row["PARCEL_ID"] for row in read(result["dataset"])).values()) == 1
    assert [line for line, reasons in quarantined(result).items() if "repeated key" in reasons] == repeated


def test_a_row_that_cannot_be_kept_takes_no_key_from_a_later_one(place):
    result = process(place, make_sales(SALE | {"SALE_PRC": "?"}, SALE, SALE))

    assert quarantined(result) == {2: ["SALE_PRC is not a whole number of dollars"], 4: ["repeated key"]}


def test_a_row_with_another_fault_is_told_that_it_repeats_a_key_too(place):
    result = process(place, make_sales(SALE, SALE | {"SALE_PRC": "-5"}))

    assert quarantined(result) == {3: ["SALE_PRC is negative", "repeated key"]}


def test_blank_keys_are_not_repetitions_of_each_other(place):
    blank = {"PARCEL_ID": '" "', "SALE_ID_CD": '"1"'}

    result = process(place, make_sales(blank, blank, {}))

    reasons = ["blank key: PARCEL_ID and SALE_ID_CD must be filled"]
    assert quarantined(result) == {2: reasons, 3: reasons}


def test_a_key_of_two_columns_repeats_only_where_both_do(place):
    content = make_sales(*({"PARCEL_ID": f'"{parcel}"', "SALE_ID_CD": f'"{sale}"'} for parcel in "12" for sale in "12"))

    assert process(place, content)["rows_processed"] == 4


@pytest.mark.parametrize("file_type", ["NAL", "NAP"])
def test_a_roll_twice_over_is_kept_once(place, file_type):
    content = make_csv(file_type, parcels=300)
    rows = content.count(b"\n") - 1

    result = process(place, content + content.partition(b"\n")[2], file_type)

    assert (result["rows_processed"], result["rows_quarantined"]) == (rows, rows)
    assert result["quarantine_reasons"] == {"repeated key": rows}


def test_the_second_reading_goes_on_with_the_progress(place):
    told = []
    content = make_sales(SALE, SALE)

    process(place, content, call=Call(report=lambda done, total, message: told.append((done, total))))

    assert told == [(len(content.split(b"\n", 1)[1]), len(content)), (told[0][0] + len(content), 2 * len(content))]
