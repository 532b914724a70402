"""load_data: the rows and columns that are asked for, of a dataset or a table, and what cannot be asked."""

from typing import Any

import polars as pl
import pytest
from django.db import connections

from tests.workers.data_quality.loading import Json, load, run
from tests.workers.rolls import make_processed
from workers import datasets, stores
from workers.contract import Call, InvalidParameters
from workers.florida_data.upload import upload

pytestmark = pytest.mark.usefixtures("place")
warehouse = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def ids(**parameters: Any) -> list[int]:
    return datasets.read(load(**parameters)["dataset"])["ID"].to_list()


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
