"""Reads the rows of a roll that use codes are told from: a dataset of it, or what the warehouse shows now."""

from collections.abc import Iterable, Sequence

import polars as pl
from django.db import connections

from workers import counties as florida
from workers import datasets
from workers.ai_ml.features import KEY, LABEL, Roll
from workers.contract import ActionError, Call, InvalidParameters
from workers.datasets import Dataset
from workers.warehouse import ALIAS, tables
from workers.warehouse.reach import reachable

MOST_ROWS = 1_500_000  # of one call; the largest county has 0.9 million parcels
BATCH = 50_000


def from_dataset(reference: Dataset, wanted: Iterable[str], field: str) -> pl.DataFrame:
    """Those of the ``wanted`` columns that a dataset has, with small letters. Raises `InvalidParameters`."""
    with datasets.scan(reference, field) as rows:
        present = {name.lower(): name for name in rows.collect_schema().names()}
        if missing := sorted({*KEY, LABEL} - present.keys()):
            raise InvalidParameters(f"{field}: it has no column {missing[0].upper()}", field=field)
        _check_size(rows.select(pl.len()).collect().item(), field)
        chosen = [pl.col(present[name]).alias(name) for name in sorted({*wanted} & present.keys())]
        return rows.select(chosen).collect()


def from_warehouse(call: Call, roll: Roll, wanted: Iterable[str], asked: Sequence[str | int]) -> pl.DataFrame:
    """Those of the ``wanted`` columns that the roll's table has, of these counties, or of all where none is named.

    Raises `ActionError` where the roll is not loaded or has too many rows, `TryLater` where the database is away.
    """
    numbers = sorted({florida.find(county).no for county in asked})
    connection = connections[ALIAS]
    quote = connection.ops.quote_name
    with reachable():
        known = tables.columns(connection, roll.lower())
        if not known:
            raise ActionError(f"No {roll} is loaded: run a data_pipeline operation first, or give rows.", field="roll")
        names = [name for name in known if name in {*wanted}]
        where = f" WHERE co_no IN ({', '.join(map(str, numbers))})" if numbers else ""
        source = f"{quote(tables.current(roll.lower()))}{where}"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {source}")  # noqa: S608
            total = cursor.fetchone()[0]
            _check_size(total, "counties")
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(map(quote, names))} FROM {source}")  # noqa: S608
            frames = [pl.DataFrame(schema=dict.fromkeys(names, pl.String))]
            done = 0
            while rows := cursor.fetchmany(BATCH):
                done += len(rows)
                call.progress(done, total, f"reading {roll}")
                frame = pl.DataFrame(rows, names, orient="row", infer_schema_length=None)
                frames.append(frame.cast(pl.String))
    return pl.concat(frames)


def _check_size(rows: int, field: str) -> None:
    if rows > MOST_ROWS:
        message = f"{field}: {rows:,} rows are more than the {MOST_ROWS:,} of one call; take fewer counties"
        raise InvalidParameters(message, field=field)
