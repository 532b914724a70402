"""discover_fields: what the columns of any data are, and what names a row."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.workers.data_quality.measuring import growth
from tests.workers.data_quality.profiling import Json, discover, fields, make_rows, run
from tests.workers.rolls import make_processed
from workers import datasets, duck, stores
from workers.contract import Call, Cancelled, InvalidParameters
from workers.data_quality.profiles import discovery
from workers.florida_data.upload import upload

pytestmark = pytest.mark.usefixtures("place")
warehouse = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def field(*values: Any, **parameters: Any) -> Json:
    return discover({"x": pl.Series(values, strict=False)}, **parameters)["fields"][0]


@pytest.mark.parametrize(
    ("values", "word", "format_"),
    [
        (["1", "-20", "0"], "integer", ""),
        (["1", " 20 "], "integer", ""),
        (["007", "12"], "code", ""),
        (["0", "00"], "code", ""),
        (["12345678901234567890"], "huge integer", ""),
        (["1.5", "-.5", "2e3", "7"], "decimal", ""),
        (["2025-06-30", "2025-07-01"], "date", "YYYY-MM-DD"),
        (["2025-06-30T10:00:00", "2025-06-30 10:00:00Z"], "date", "YYYY-MM-DD HH:MM:SS"),
        (["6/30/2025", "07/01/2025"], "date", "MM/DD/YYYY"),
        (["30/06/2025", "01/07/2025"], "date", "DD/MM/YYYY"),
        (["30-Jun-2025"], "date", "DD-Mon-YYYY"),
        (["20250630", "18991231"], "date", "YYYYMMDD"),
        (["06302025"], "date", "MMDDYYYY"),
        (["20250630", "20251332"], "integer", ""),
        (["2025-02-30"], "text", ""),
        (["Y", "n", "Y"], "boolean", ""),
        (["0", "1"], "boolean", ""),
        (["Y", "Y"], "text", ""),
        (["5A", "C05", "99"], "text", ""),
        ([None, None], "empty", ""),
        (["", "  ", None], "empty", ""),
        ([1, None], "integer", ""),
        ([1.0, 2.0], "integer", ""),
        ([1.5, float("nan"), float("inf")], "decimal", ""),
        ([2**64 - 1], "huge integer", ""),
        ([date(2025, 6, 30)], "date", ""),
        ([True, False], "boolean", ""),
        ([[1, 2]], "other", ""),
    ],
)
def test_what_cells_look_like_is_told(values: list[Any], word: str, format_: str) -> None:
    kind = pl.UInt64 if values == [2**64 - 1] else None
    found = discover(pl.DataFrame({"x": pl.Series(values, dtype=kind)}))["fields"][0]

    assert (found["looks"], found["format"]) == (word, format_)


def test_a_few_cells_that_do_not_fit_are_counted_and_many_make_a_text() -> None:
    assert field(*["12"] * 995, *["n/a"] * 5)["exceptions"] == 5
    assert field(*["12"] * 980, *["n/a"] * 20)["looks"] == "text"


def test_null_and_blank_are_told_apart() -> None:
    found = field("a", None, None, "", "  ", "b")

    assert (found["rows"], found["nulls"], found["blanks"], found["filled"]) == (6, 2, 2, pytest.approx(2 / 6))
    assert (found["distinct"], found["distinct_is_exact"]) == (2, True)


def test_numbers_have_a_range_and_quantiles_and_huge_ones_stay_whole() -> None:
    numbers = field(*[str(number) for number in range(1, 101)])
    huge = discover({"x": pl.Series([2**63 + 1, 5], dtype=pl.UInt64)})["fields"][0]
    text = field("123456789012345678901234567890", "-7")

    assert (numbers["least"], numbers["greatest"]) == (1, 100)
    assert (numbers["quantiles"]["50%"], numbers["quantiles"]["99%"]) == (50, 99)
    assert huge["greatest"] == 2**63 + 1
    assert (text["least"], text["greatest"]) == (-7, 123456789012345678901234567890)


def test_dates_have_a_range() -> None:
    found = field("6/30/2025", "12/1/1999")

    assert (found["least"], found["greatest"]) == ("1999-12-01", "2025-06-30")
    assert field(datetime(2025, 1, 2, 3), None)["least"].startswith("2025-01-02")  # noqa: DTZ001


def test_texts_have_lengths_patterns_and_frequent_values() -> None:
    found = field("12-34-A", "99-01-B", "x", "x", None, most=2)

    assert (found["shortest"], found["longest"]) == (1, 7)
    assert found["patterns"] == [{"pattern": "99-99-A", "share": 0.5}, {"pattern": "a", "share": 0.5}]
    assert found["frequent"][0] == {"value": "x", "count": 2, "share": 0.5}


def test_nothing_of_a_personal_text_is_told() -> None:
    names = ["Zoe Ångström", "Zoe Ångström", "Amal Roe"]
    found = discover({"OWN_NAME": names, "PHONE": ["9545551234", "9545551234", "3055551234"], "N": [1, 2, 3]})
    kept = datasets.read(found["profile"]).write_json()

    assert fields(found)["OWN_NAME"]["frequent"][0] == {"value": "(12 characters)", "count": 2, "share": 2 / 3}
    assert fields(found)["OWN_NAME"]["patterns"][0]["pattern"] == "Aaa Aaaaaaaa"
    assert (fields(found)["PHONE"]["greatest"], fields(found)["PHONE"]["quantiles"]) == (None, {})
    for text in ("ngstr", "Amal", "9545551234", "3055551234"):
        assert text not in json.dumps(found, ensure_ascii=False) + kept


def test_keys_are_single_columns_and_pairs_proven_on_all_rows() -> None:
    rows = pl.DataFrame(
        {
            "ID": range(5_000),
            "GAP": [None, *range(1, 5_000)],
            "BLANK": ["", *map(str, range(1, 5_000))],
            "LATE": [*range(4_999), 0],  # repeats in the last row only
            "A": [number // 50 for number in range(5_000)],
            "B": [number % 50 for number in range(5_000)],
            "SAME": ["x"] * 5_000,
        }
    )

    found = discover(rows, sample=1_000)

    assert found["keys"] == [["ID"], ["LATE", "A"], ["LATE", "B"], ["A", "B"]]
    assert found["pairs_left"] == 0
    assert 800 < found["rows_read"] < 1_200
    assert found["rows"] == 5_000


def test_constant_and_empty_columns_are_named() -> None:
    found = discover({"CO_NO": [16, 16], "FIDU": [None, ""], "HALF": ["a", None], "ID": [1, 2]})

    assert found["constants"] == [{"column": "CO_NO", "value": 16}]
    assert found["empty"] == ["FIDU"]
    assert "1 constant and 1 empty. A row is named by ID." in found["words"]


def test_without_rows_the_columns_are_told_all_the_same() -> None:
    found = discover(pl.DataFrame(schema={"A": pl.String, "B": pl.Int64, "D": pl.Date}))

    assert (found["rows"], found["keys"], found["empty"]) == (0, [], ["A", "B", "D"])
    assert [one["stored"] for one in found["fields"]] == ["VARCHAR", "BIGINT", "DATE"]


def test_odd_names_and_odd_characters_do_no_harm() -> None:
    odd = ["a\0b", "'; DROP TABLE cells; --", "\U0001f600", "\t", "x" * 1_000, "DAVIE\ufffd\ufffdS"]
    names = ['a "quoted" name', "%s", "value", "n", "cells", "select", "x'y", "file_index"]

    found = discover(dict.fromkeys(names, odd))

    assert [one["column"] for one in found["fields"]] == names
    first = found["fields"][0]
    assert (first["blanks"], first["longest"], first["distinct"]) == (1, 1_000, 5)
    assert "\\u0000" not in json.dumps(found)
    assert any(one["value"] == "a␀b" for one in first["frequent"])


def test_many_distinct_values_are_estimated_and_marked_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "EXACT", 100)
    values = [f"{number:05}" for number in range(5_000)] + ["00007"] * 1_000

    found = discover({"x": values, "n": range(6_000)})
    code, number = found["fields"]

    assert code["distinct_is_exact"] is False
    assert code["distinct"] == pytest.approx(5_000, rel=0.15)
    assert (code["looks"], code["frequent"][0]) == ("code", {"value": "00007", "count": 1_001, "share": 1_001 / 6_000})
    assert (number["least"], number["greatest"]) == (0, 5_999)
    assert number["quantiles"]["50%"] == pytest.approx(3_000, rel=0.05)
    assert found["keys"] == [["n"]]


@warehouse
def test_a_table_of_the_warehouse_is_profiled_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "BATCH_CELLS", 500)
    processed = make_processed()
    upload.run(Call(), {"processed": processed})

    found = run(dataset={"table": "sdf_current", "where": {"co_no": processed["county_no"]}})
    roll = run(dataset=processed["dataset"])

    assert found["rows"] == processed["rows_processed"] > 0
    assert ["sale_id_cd"] in found["keys"]
    assert (fields(found)["sale_prc"]["stored"], fields(found)["qual_cd"]["looks"]) == ("bigint", "code")
    told = ("looks", "rows", "nulls", "distinct", "least", "greatest", "quantiles", "frequent", "patterns")
    for name, one in fields(roll).items():
        assert {key: fields(found)[name.lower()][key] for key in told} == {key: one[key] for key in told}, name


@warehouse
@pytest.mark.parametrize(
    ("parameters", "field_", "words"),
    [
        ({"dataset": {"table": "sdf; DROP TABLE sdf"}}, "dataset.table", "no data table"),
        ({"sample": 10}, "sample", "greater than or equal to 1000"),
        ({"dataset": {"$dataset": "file:///etc/passwd", "rows": 1, "bytes": 1, "sha256": "", "schema": {}}},
         "dataset.$dataset", "outside DATA_URL"),
    ],
)  # fmt: skip
def test_what_cannot_be_profiled_is_named(parameters: Json, field_: str, words: str) -> None:
    reference = datasets.write(make_rows(), "tests/some.parquet")

    with pytest.raises(InvalidParameters, match=words) as error:
        run(None, **{"dataset": reference} | parameters)

    assert error.value.field == field_


def test_a_withdrawn_call_ends_and_leaves_nothing(place: Path) -> None:
    call = Call()
    call.report = lambda done, total, message: call.cancelled.set() if "CODE" in message else None
    reference = datasets.write(make_rows(), "tests/some.parquet")

    with pytest.raises(Cancelled):
        run(call, dataset=reference)

    assert not (place / "data" / "profiles").exists()
    assert list((place / "data" / ".work").iterdir()) == []


def test_ten_times_the_rows_take_no_more_memory_than_the_bound(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duck, "MEMORY", "250MB")
    rows = pl.LazyFrame({"n": pl.int_range(0, 350_000, eager=True)}).select(
        ID="n",
        PARCEL=pl.format("{}-{}", pl.col("n") // 1_000, pl.col("n") % 1_000 + 1_000),
        DIGEST=pl.format("{}", pl.col("n").hash(1)),
        PRICE=pl.col("n").hash(2) % 1_000_000,
        ZIP=pl.format("0{}", pl.col("n") % 9_000 + 1_000),
        OWN_NAME=pl.format("Owner number {} of them all", pl.col("n") % 123_457),
    )
    (place / "data").mkdir(exist_ok=True)
    rows.sink_parquet(place / "large.parquet")
    reference = datasets.publish_parquet(place / "large.parquet", "tests/large.parquet")

    with growth() as grown:
        found = run(dataset=reference)

    assert found["rows"] == 350_000
    assert ["ID"] in found["keys"]
    assert fields(found)["DIGEST"]["distinct_is_exact"] is False
    assert max(grown) < 600 * 2**20
