"""discover_fields as callers run it, and rows for it to profile."""

from typing import Any

import polars as pl

from workers import datasets
from workers.contract import Call
from workers.data_quality import worker

Json = dict[str, Any]


def run(call: Call | None = None, **parameters: Any) -> Json:
    return worker.actions["discover_fields"].run(call or Call(), parameters)


def discover(frame: pl.DataFrame | Json, **parameters: Any) -> Json:
    return run(dataset=datasets.write(pl.DataFrame(frame), "tests/discover.parquet"), **parameters)


def fields(found: Json) -> dict[str, Json]:
    return {field["column"]: field for field in found["fields"]}


def make_rows(**columns: Any) -> pl.DataFrame:
    rows = {"ID": range(1_000), "PRICE": [number % 100 for number in range(1_000)], "CODE": ["A", "B", "C", "D"] * 250}
    return pl.DataFrame(rows | columns)
