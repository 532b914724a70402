"""check_data_parity: two copies of data are the same, or it is told where they are not."""

import tempfile
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.workers.performance.conftest import Json, run
from workers import datasets
from workers.contract import Call, Cancelled, InvalidParameters
from workers.performance import parity

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]


def make_rows(count: int = 1_000) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "ID": range(count),
            "COUNTY": [11 + number % 5 for number in range(count)],
            "VALUE": [number * 1.5 for number in range(count)],
            "OWN_NAME": [f"Owner {number}" for number in range(count)],
            "NOTE": [None if number % 3 else f"note {number}" for number in range(count)],
        }
    )


def compare(left: pl.DataFrame, right: pl.DataFrame, **parameters: Any) -> Json:
    sides = {"left": datasets.write(left, "tests/left.parquet"), "right": datasets.write(right, "tests/right.parquet")}
    return run("check_data_parity", **sides, **{"key": ["id"], **parameters})


def changed(rows: pl.DataFrame, column: str, value: Any, *ids: int) -> pl.DataFrame:
    """The rows with another value in one column of these."""
    return rows.with_columns(pl.when(pl.col("ID").is_in(ids)).then(value).otherwise(pl.col(column)).alias(column))


@pytest.mark.parametrize("partition", ["", "county"])
def test_the_same_rows_in_another_order_agree(partition: str) -> None:
    rows = make_rows()

    found = compare(rows, rows.sample(fraction=1, shuffle=True, seed=1), partition=partition)

    assert found["agree"] is True
    assert (found["rows_left"], found["rows_right"], found["columns_compared"]) == (1_000, 1_000, 5)
    assert (found["partitions_differ"], found["sums_differ"], found["differences"]["examples"]) == (0, [], [])
    assert found["words"] == "Both sides have the same 1,000 rows."


def test_rows_on_one_side_only_are_counted_and_shown() -> None:
    rows = make_rows()

    found = compare(rows.filter(pl.col("ID") != 17), rows.filter(~pl.col("ID").is_in([3, 4])), partition="county")

    differences = found["differences"]
    assert found["agree"] is False
    assert (differences["only_left"], differences["only_right"], differences["changed"]) == (2, 1, 0)
    assert [(one["what"], one["key"]) for one in differences["examples"]] == [
        ("left", {"id": 3}), ("left", {"id": 4}), ("right", {"id": 17}),
    ]  # fmt: skip
    assert [part["partition"] for part in found["differing_partitions"]] == ["13", "14", "15"]
    assert found["differing_partitions"][0]["rows_left"] == found["differing_partitions"][0]["rows_right"] - 1
    sums = {one["column"]: one for one in found["sums_differ"]}
    assert sums["id"] == {"column": "id", "left": 499_500 - 17, "right": 499_500 - 7}


def test_changed_cells_are_counted_by_column_and_shown_without_names() -> None:
    rows = make_rows()
    other = changed(changed(rows, "VALUE", 0.5, 5, 7), "OWN_NAME", pl.lit("Somebody else"), 7, 8, 9)

    found = compare(rows, other, examples=50)

    differences = found["differences"]
    assert (differences["only_left"], differences["only_right"], differences["changed"]) == (0, 0, 4)
    assert differences["by_column"] == {"own_name": 3, "value": 2}
    assert [example["key"]["id"] for example in differences["examples"]] == [5, 7, 8, 9]
    assert differences["examples"][1]["cells"] == {
        "value": [10.5, 0.5],
        "own_name": ["(7 characters)", "(13 characters)"],
    }
    assert "4 changed, most often in own_name, value" in found["words"]


def test_a_missing_cell_is_not_an_empty_one() -> None:
    rows = make_rows()

    found = compare(rows, rows.with_columns(pl.col("NOTE").fill_null("")))

    assert found["differences"]["by_column"] == {"note": 666}


def test_examples_are_bounded_and_the_counts_are_not() -> None:
    rows = make_rows()

    found = compare(rows, rows.with_columns(pl.col("VALUE") + 1), examples=2)

    assert found["differences"]["changed"] == 1_000
    assert len(found["differences"]["examples"]) == 2


def test_a_row_that_is_there_twice_is_a_difference() -> None:
    rows = make_rows()

    found = compare(rows, pl.concat([rows, rows.head(1)]))

    assert found["differences"]["only_right"] == 1
    assert (found["repeated_keys_left"], found["repeated_keys_right"]) == (0, 1)


def test_without_a_key_whole_rows_are_compared() -> None:
    rows = make_rows()

    found = compare(rows, changed(rows, "VALUE", 0.5, 5), key=[], columns=["id", "value"])

    differences = found["differences"]
    assert (differences["only_left"], differences["only_right"], differences["changed"]) == (1, 1, 0)
    assert [one["key"] for one in differences["examples"]] == [{"id": 5, "value": 7.5}, {"id": 5, "value": 0.5}]


def test_rows_without_a_key_s_value_are_compared_too() -> None:
    rows = pl.DataFrame({"ID": [None, None, 1], "VALUE": [1, 2, 3]})

    found = compare(rows, rows.with_columns(pl.when(pl.col("VALUE") == 2).then(9).otherwise("VALUE").alias("VALUE")))

    assert found["differences"]["changed"] == 1
    assert found["differences"]["examples"][0] == {
        "what": "changed", "key": {"id": None}, "cells": {"value": [2, 9]},
    }  # fmt: skip


def test_numbers_of_other_types_are_the_same_numbers() -> None:
    rows = make_rows()
    other = rows.with_columns(pl.col("ID").cast(pl.Int16), pl.col("COUNTY").cast(pl.Float64), pl.col("VALUE"))

    assert compare(rows, other)["agree"] is True
    assert compare(rows, rows.with_columns(pl.col("ID").cast(pl.String)))["agree"] is True
    assert compare(rows, rows.with_columns(pl.format("{}{}", pl.lit("0"), "ID").alias("ID")))["agree"] is False


def test_amounts_kept_as_decimals_are_numbers_too() -> None:
    rows = make_rows()

    assert compare(rows, rows.with_columns(pl.col("VALUE").cast(pl.Decimal(10, 2))))["agree"] is True


def test_only_the_columns_of_both_sides_or_those_named_are_compared() -> None:
    rows = make_rows()
    other = changed(rows, "VALUE", 0.5, 5).drop("NOTE").with_columns(EXTRA=1)

    found = compare(rows, other, columns=["COUNTY"])

    assert (found["agree"], found["columns_compared"]) == (True, 2)
    assert (found["columns_only_left"], found["columns_only_right"]) == (["note"], ["extra"])


def test_columns_may_have_any_name() -> None:
    names = ["n", "l", "r", "rows", 'a "quoted" name', "left", "select"]
    rows = pl.DataFrame({name: [number, number + 1] for number, name in enumerate(names)})

    found = compare(rows, rows.with_columns(pl.Series("left", [5, 7])), key=names[:5])

    assert found["differences"]["by_column"] == {"left": 1}
    assert found["differences"]["examples"][0]["cells"] == {"left": [6, 7]}


def test_nothing_agrees_with_nothing() -> None:
    empty = make_rows(0)

    assert compare(empty, empty)["agree"] is True
    assert compare(empty, make_rows(3))["differences"]["only_right"] == 3


@pytest.mark.parametrize(
    ("parameters", "field", "words"),
    [
        ({"key": ["nothing"]}, "key", "the left side has no column 'nothing'"),
        ({"columns": ["sale_prc"]}, "columns", "the left side has no column 'sale_prc'"),
        ({"partition": "x"}, "partition", "no column 'x'"),
        ({"right": {"table": "workers_release"}}, "right.table", "there are nal, nal_current"),
        ({"right": {"table": "sdf; DROP TABLE sdf"}}, "right.table", "no data table"),
        ({"right": {"table": "sdf", "where": {"county": 1}}}, "right.where.county", "no such column"),
        ({"right": {"table": "sdf"}, "key": []}, "right", "no column in common"),
    ],
)
def test_what_cannot_be_compared_is_named(parameters: Json, field: str, words: str) -> None:
    left = datasets.write(make_rows(3), "tests/left.parquet")

    with pytest.raises(InvalidParameters, match=words) as error:
        run("check_data_parity", **({"left": left, "right": left, "key": ["id"]} | parameters))

    assert error.value.field == field


def test_a_dataset_that_is_gone_or_no_dataset_is_named(place: Path) -> None:
    left = datasets.write(make_rows(3), "tests/left.parquet")
    datasets.publish_bytes(b"no Parquet", "tests/right.parquet")
    broken = left | {"$dataset": datasets.url_of("tests/right.parquet")}

    with pytest.raises(InvalidParameters, match="no Parquet file"):
        run("check_data_parity", left=left, right=broken)
    with pytest.raises(InvalidParameters, match="there is no file"):
        run("check_data_parity", left=left | {"$dataset": datasets.url_of("tests/none.parquet")}, right=left)
    with pytest.raises(InvalidParameters, match="outside DATA_URL"):
        run("check_data_parity", left=left | {"$dataset": "file:///etc/passwd"}, right=left)


def test_a_partition_by_too_fine_a_column_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "MOST_PARTS", 100)

    with pytest.raises(InvalidParameters, match="id has 101 values, more than 100"):
        compare(make_rows(101), make_rows(101), partition="id")


def test_a_withdrawn_comparison_is_broken_off() -> None:
    call = Call()
    threading.Timer(0.3, call.cancelled.set).start()

    with pytest.raises(Cancelled), parity.database(call, Path(tempfile.gettempdir())) as connection:
        connection.execute("SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range = -b.range")
