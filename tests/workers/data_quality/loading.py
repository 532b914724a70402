"""load_data as callers run it, and rows for it to load."""

import csv
import io
from datetime import date
from typing import Any

import polars as pl

from workers import datasets
from workers.contract import Call
from workers.data_quality import worker

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


def read_csv(loaded: Json) -> list[list[str]]:
    with datasets.opened(loaded["csv"]["url"]) as file:
        return list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"), newline="")))
