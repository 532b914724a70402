"""load_data: the file that is left, as a dataset or as CSV that a spreadsheet opens unharmed."""

import json
import threading
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from django.db import connections

from tests.workers.data_quality.loading import ROWS, Json, load, read_csv, run
from tests.workers.data_quality.measuring import growth
from tests.workers.rolls import make_processed
from workers import datasets, duck
from workers.contract import Call, Cancelled
from workers.florida_data.upload import upload

pytestmark = pytest.mark.usefixtures("place")
warehouse = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


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
