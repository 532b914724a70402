"""load_data: the rows that are asked for, of any data, as a dataset or as CSV that a spreadsheet opens unharmed."""

import csv
import io
import json
import threading
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connections

from tests.workers.data_quality.measuring import growth
from tests.workers.rolls import make_processed
from workers import datasets, duck, stores
from workers.contract import Call, Cancelled, InvalidParameters
from workers.data_quality import worker
from workers.florida_data.upload import upload

pytestmark = pytest.mark.usefixtures("place")
warehouse = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])
Json = dict[str, Any]

ROWS = pl.DataFrame(
    {
        "ID": [1, 2, 3, 4, 5],
        "CODE": ["001", "002", "", None, "0A1"],
        "PRICE": [1.5, None, -2.0, 10.0, 0.0],
        "SOLD": [date(2025, 1, 31), date(2024, 6, 1), None, date(2025, 2, 1), date(1999, 12, 31)],
        "GOOD": [True, False, None, True, False],
        "OWN_NAME": ["Roe, Jane", 'The "Best" LLC', "=1+1", "line\nbreak", None],
    }
)


def run(call: Call | None = None, **parameters: Any) -> Json:
    return worker.actions["load_data"].run(call or Call(), parameters)


def load(frame: pl.DataFrame = ROWS, **parameters: Any) -> Json:
    return run(dataset=datasets.write(frame, "tests/load.parquet"), **parameters)


def ids(**parameters: Any) -> list[int]:
    return datasets.read(load(**parameters)["dataset"])["ID"].to_list()


def read_csv(loaded: Json) -> list[list[str]]:
    with datasets.opened(loaded["csv"]["url"]) as file:
        return list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("id", "equals", 3, [3]),
        ("ID", "not_equals", 3, [1, 2, 4, 5]),
        ("ID", "in", [1, 5, 9], [1, 5]),
        ("ID", "at_least", 4, [4, 5]),
        ("PRICE", "above", 0, [1, 4]),
        ("PRICE", "at_most", 0.0, [3, 5]),
        ("PRICE", "not_equals", 1.5, [2, 3, 4, 5]),
        ("CODE", "equals", "001", [1]),
        ("CODE", "starts_with", "00", [1, 2]),
        ("CODE", "starts_with", "%", []),
        ("CODE", "contains", "A", [5]),
        ("CODE", "below", "002", [1, 3]),
        ("CODE", "is_blank", None, [3, 4]),
        ("CODE", "is_filled", None, [1, 2, 5]),
        ("SOLD", "below", "2025-01-31", [2, 5]),
        ("SOLD", "in", ["2025-01-31", "2025-02-01"], [1, 4]),
        ("SOLD", "is_blank", None, [3]),
        ("GOOD", "equals", True, [1, 4]),
        ("GOOD", "not_equals", True, [2, 3, 5]),
        ("OWN_NAME", "contains", "'; DROP TABLE x", []),
    ],
)
def test_the_rows_that_fit_are_read(field: str, op: str, value: Any, expected: list[int]) -> None:
    condition = {"field": field, "op": op} | ({} if value is None else {"value": value})

    assert ids(where=[condition]) == expected


def test_all_conditions_must_hold_and_the_order_and_limit_are_kept() -> None:
    where = [{"field": "ID", "op": "above", "value": 1}, {"field": "ID", "op": "below", "value": 5}]

    assert ids(where=where) == [2, 3, 4]
    assert ids(order=[{"by": "price", "descending": True}]) == [4, 1, 5, 3, 2]
    assert ids(order=[{"by": "good"}, {"by": "id", "descending": True}], limit=3) == [5, 2, 4]
    assert ids(where=where, limit=1) == [2]


def test_the_result_is_described() -> None:
    found = load(columns=["own_name", "id", "ID"], limit=2)

    assert found["columns"] == [{"name": "OWN_NAME", "type": "VARCHAR"}, {"name": "ID", "type": "BIGINT"}]
    assert (found["rows"], found["bytes"], found["csv"]) == (2, found["dataset"]["bytes"], None)
    assert found["examples"] == [{"OWN_NAME": "(9 characters)", "ID": 1}, {"OWN_NAME": "(14 characters)", "ID": 2}]
    assert found["words"] == "2 rows of 2 columns."
    assert datasets.read(found["dataset"]).equals(ROWS.select("OWN_NAME", "ID").head(2))


def test_the_types_stay() -> None:
    rows = ROWS.with_columns(
        HUGE=pl.Series([2**64 - 1] * 5, dtype=pl.UInt64),
        EXACT=pl.Series(["12345678901234567890.25"] * 5).cast(pl.Decimal(38, 2)),
        AT=pl.Series([datetime(2025, 1, 2, 3, 4, 5, 6)] * 5),  # noqa: DTZ001
        PARTS=pl.Series([[1, 2], [], None, [3], [4]]),
    )

    assert datasets.read(load(rows)["dataset"]).equals(rows)


def test_asking_the_same_again_answers_the_same_file(place: Path) -> None:
    asked: Json = {"where": [{"field": "ID", "op": "above", "value": 1}], "format": "csv"}
    first, other = load(**asked), load(**asked | {"limit": 1})
    file = place / "data" / first["csv"]["url"].split("/data/")[1]
    before = file.stat().st_mtime_ns

    assert load(**asked) == first
    assert file.stat().st_mtime_ns == before
    assert other["csv"]["url"] != first["csv"]["url"]
    assert load(ROWS.head(3), **asked)["csv"]["url"] != first["csv"]["url"]


def test_a_file_that_is_gone_is_made_again(place: Path) -> None:
    first = load()
    (place / "data" / first["dataset"]["$dataset"].split("/data/")[1]).unlink()

    assert load() == first
    assert datasets.read(first["dataset"]).equals(ROWS)


def test_csv_opens_in_a_spreadsheet_and_runs_nothing_there() -> None:
    texts = [
        "=1+1",
        "+1",
        "-5",
        "@x",
        "\tx",
        "\r=x",
        "'=x",
        "'tis",
        "a=b",
        'say "x", y',
        "two\nlines",
        "a\0b",
        "",
        None,
    ]
    rows = pl.DataFrame({"=HEAD": texts, "N": [-number for number in range(len(texts))]})

    found = load(rows, format="csv")

    with datasets.opened(found["csv"]["url"]) as file:
        content = file.read()
    assert content.startswith(b'\xef\xbb\xbf"\'=HEAD","N"\r\n"\'=1+1",0\r\n')
    assert content.endswith(b'"",-12\r\n,-13\r\n')
    cells = [row[0] for row in read_csv(found)[1:]]
    assert cells == [
        "'=1+1", "'+1", "'-5", "'@x", "'\tx", "'\r=x", "''=x", "'tis", "a=b", 'say "x", y', "two\nlines", "a␀b", "", "",
    ]  # fmt: skip
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert "\\u0000" not in json.dumps(found)


def test_csv_tells_dates_numbers_and_lists_plainly() -> None:
    rows = pl.DataFrame(
        {
            "D": [date(2025, 1, 2)],
            "AT": [datetime(2025, 1, 2, 3, 4, 5)],  # noqa: DTZ001
            "G": [True],
            "N": [2**63 - 1],
            "R": [0.1],
            "L": [[1, 2]],
        }
    )

    assert read_csv(load(rows, format="csv"))[1] == [
        "2025-01-02", "2025-01-02 03:04:05", "true", "9223372036854775807", "0.1", "[1, 2]",
    ]  # fmt: skip


def test_nothing_and_nulls_are_loaded_too() -> None:
    empty = pl.DataFrame(schema={"A": pl.String, "B": pl.Int64})
    nulls = pl.DataFrame({"A": [None, None], "B": [None, None]}, schema={"A": pl.String, "B": pl.Int64})

    assert load(empty)["rows"] == 0
    assert read_csv(load(empty, format="csv")) == [["A", "B"]]
    assert datasets.read(load(nulls)["dataset"]).equals(nulls)
    assert read_csv(load(nulls, format="csv"))[1:] == [["", ""], ["", ""]]


def test_odd_names_are_names() -> None:
    rows = pl.DataFrame({name: ["x", "y"] for name in ('a "quoted" name', "%s", "?", "$1", "select", "file_index")})

    found = load(rows, where=[{"field": name, "op": "equals", "value": "y"} for name in rows.columns])

    assert datasets.read(found["dataset"]).equals(rows.tail(1))


@pytest.mark.parametrize(
    ("parameters", "field", "words"),
    [
        ({"columns": ["OWN_NAM"]}, "columns.0", "there is no column 'OWN_NAM'; the nearest is 'OWN_NAME'"),
        ({"columns": ["qqq"]}, "columns.0", "there are ID, CODE"),
        ({"order": [{"by": "PRIZE"}]}, "order.0.by", "the nearest is 'PRICE'"),
        ({"where": [{"field": "ID; DROP", "op": "equals", "value": 1}]}, "where.0.field", "no column 'ID; DROP'"),
        ({"where": [{"field": "ID", "op": "like", "value": 1}]}, "where.0.op", "'equals', 'not_equals'"),
        (
            {"where": [{"field": "ID", "op": "contains", "value": "1"}]},
            "where.0.op",
            "ID cannot be asked with contains",
        ),
        ({"where": [{"field": "ID", "op": "equals", "value": "1"}]}, "where.0.value", "a whole number, not '1'"),
        ({"where": [{"field": "ID", "op": "equals", "value": 2**70}]}, "where.0.value", "at most 64 bits"),
        ({"where": [{"field": "ID", "op": "equals"}]}, "where.0.value", "a whole number, not None"),
        ({"where": [{"field": "CODE", "op": "equals", "value": 1}]}, "where.0.value", "a text such as '05'"),
        ({"where": [{"field": "CODE", "op": "in", "value": []}]}, "where.0.value", "a list of 1 to 1,000"),
        ({"where": [{"field": "CODE", "op": "is_blank", "value": "x"}]}, "where.0.value", "takes no value"),
        ({"where": [{"field": "SOLD", "op": "above", "value": "30.6.2025"}]}, "where.0.value", "a date such as"),
        ({"where": [{"field": "GOOD", "op": "equals", "value": 1}]}, "where.0.value", "true or false, not 1"),
        ({"where": [{"field": "PRICE", "op": "above", "value": float("nan")}]}, "where.0.value", "a number, not nan"),
        ({"limit": 0}, "limit", "greater than or equal to 1"),
        ({"format": "xlsx"}, "format", "'parquet' or 'csv'"),
    ],
)
def test_what_cannot_be_asked_is_named(parameters: Json, field: str, words: str) -> None:
    with pytest.raises(InvalidParameters, match=words) as error:
        load(**parameters)

    assert error.value.field is not None
    assert error.value.field.startswith(field)


@warehouse
@pytest.mark.parametrize(
    "where",
    [
        [{"field": "qual_cd", "op": "in", "value": ["01", "11"]}],
        [{"field": "sale_prc", "op": "above", "value": 100}, {"field": "sale_mo", "op": "at_most", "value": "06"}],
        [{"field": "parcel_id", "op": "starts_with", "value": "0"}],
        [{"field": "parcel_id", "op": "contains", "value": "1"}],
        [{"field": "clerk_no", "op": "is_blank"}],
        [{"field": "sal_chg_cd", "op": "not_equals", "value": "1"}],
        [{"field": "nbrhd_cd", "op": "is_filled"}, {"field": "parcel_id", "op": "contains", "value": "%s"}],
    ],
)
def test_a_table_answers_as_the_dataset_that_it_was_loaded_from(
    where: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "BATCH_CELLS", 200)
    processed = make_processed()
    upload.run(Call(), {"processed": processed})
    columns = ["parcel_id", "sale_id_cd", "sale_prc", "sale_mo"]
    asked: Json = {"where": where, "columns": columns, "order": [{"by": "sale_prc"}, {"by": "sale_id_cd"}]}

    table = run(dataset={"table": "sdf_current", "where": {"co_no": processed["county_no"]}}, **asked)
    roll = run(dataset=processed["dataset"], **asked)

    assert datasets.read(table["dataset"]).rows() == datasets.read(roll["dataset"]).rows()
    assert [one["name"] for one in table["columns"]] == columns


@warehouse
def test_a_table_is_read_anew_and_the_same_rows_give_the_same_file() -> None:
    upload.run(Call(), {"processed": make_processed()})
    asked: Json = {"dataset": {"table": "sdf_current"}, "format": "csv"}

    first, again = run(**asked), run(**asked)
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("UPDATE sdf SET sale_prc = sale_prc + 1")
    changed = run(**asked)

    assert first == again
    assert changed["csv"]["url"] != first["csv"]["url"]
    assert len(read_csv(changed)) == changed["rows"] + 1 > 10


@warehouse
def test_a_limit_reads_no_more_of_a_table() -> None:
    upload.run(Call(), {"processed": make_processed()})
    read: list[str] = []
    call = Call(report=lambda done, total, message: read.append(f"{done} {message}"))

    assert run(call, dataset={"table": "sdf_current"}, limit=7)["rows"] == 7
    assert read[0] == "7 reading sdf_current"


@warehouse
def test_what_a_table_cannot_be_asked_is_named() -> None:
    upload.run(Call(), {"processed": make_processed()})
    table = {"table": "sdf_current"}
    wrong = {"field": "parcel_id", "op": "equals", "value": 7}

    with pytest.raises(InvalidParameters, match="the nearest is 'sale_prc'"):
        run(dataset=table, columns=["sales_prc"])
    with pytest.raises(InvalidParameters, match="parcel_id is compared with a text"):
        run(dataset=table, where=[wrong])
    with pytest.raises(InvalidParameters, match="there are "):
        run(dataset={"table": "workers_release"})
    # PostgreSQL has no texts with NULs, SQLite has none here.
    if connections["warehouse"].vendor == "postgresql":
        with pytest.raises(InvalidParameters, match="where"):
            run(dataset=table, where=[wrong | {"value": "a\0b"}])
    else:
        assert run(dataset=table, where=[wrong | {"value": "a\0b"}])["rows"] == 0


@pytest.mark.parametrize("message", ["writing the rows", "writing CSV"])
def test_a_withdrawn_call_ends_and_leaves_nothing(message: str, place: Path) -> None:
    call = Call()
    call.report = lambda done, total, said: call.cancelled.set() if said == message else None

    with pytest.raises(Cancelled):
        run(call, dataset=datasets.write(ROWS, "tests/load.parquet"), format="csv")

    assert not (place / "data" / "loads").exists()
    assert list((place / "data" / ".work").iterdir()) == []


def test_a_long_query_is_broken_off(place: Path) -> None:
    call = Call()
    threading.Timer(0.3, call.cancelled.set).start()

    with pytest.raises(Cancelled), duck.database(call, place, "it takes too long") as connection:
        connection.execute("SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range = -b.range")


@pytest.mark.parametrize(("format_", "order"), [("parquet", [{"by": "T0"}]), ("csv", [])])
def test_ten_times_the_rows_take_no_more_memory_than_the_bound(
    format_: str, order: list[Json], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duck, "MEMORY", "250MB")
    number = pl.int_range(0, 250_000, eager=True).alias("ID")
    rows = pl.LazyFrame(number).with_columns(
        *(
            pl.format("a text of some length, {} of {}", pl.col("ID").hash(seed), pl.lit(seed)).alias(f"T{seed}")
            for seed in range(8)
        )
    )
    (place / "data").mkdir(exist_ok=True)
    rows.sink_parquet(place / "large.parquet")
    reference = datasets.publish_parquet(place / "large.parquet", "tests/large.parquet")

    with growth() as grown:
        found = run(dataset=reference, order=order, format=format_)

    assert found["rows"] == 250_000
    assert max(grown) < 600 * 2**20
