"""DuckDB, in memory on this machine; what does not fit is spilled to the disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from splink import DuckDBAPI
from splink.internals.exceptions import SplinkException

from workers import duck
from workers.contract import Call
from workers.entity_matching.engines.engine import Engine
from workers.entity_matching.name_columns import WEIGHT_SHIFT

MEMORY = "2GB"  # what DuckDB may hold; more than that goes to the disk of the workspace
FUNCTIONS = (
    "likeness(a, b) AS jaro_winkler_similarity(a, b)",
    "shared_weight(a, b) AS"
    f" coalesce(list_sum(list_transform(list_intersect(a, b), lambda word: word >> {WEIGHT_SHIFT})), 0)",
)


class DuckDB(Engine):
    each = "unnest"

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        super().__init__(DuckDBAPI(connection))
        self.connection = connection

    def take(self, table: str, frame: pl.DataFrame) -> None:
        self.connection.register("taken", frame.to_arrow())
        self.make(table, "SELECT * FROM taken")
        self.connection.unregister("taken")

    def make(self, table: str, select: str) -> None:
        self.connection.execute(f"CREATE TABLE {table} AS {select}")

    def count(self, table: str) -> int:
        [(count,)] = self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(count)

    def frame(self, table: Any) -> pl.DataFrame:
        return table.as_duckdbpyrelation().pl()


@contextmanager
def opened(call: Call, folder: Path) -> Iterator[DuckDB]:
    """A database that spills to ``folder`` and stops with ``call``. Raises as `duck.database` does."""
    limits = {"memory_limit": MEMORY, "threads": os.cpu_count() or 1, "preserve_insertion_order": False}
    with duck.database(call, folder, "the records cannot be compared", **limits) as connection, _in_its_own_words():
        connection.execute("SET enable_progress_bar = false")
        for function in FUNCTIONS:
            connection.execute(f"CREATE MACRO {function}")
        yield DuckDB(connection)


@contextmanager
def _in_its_own_words() -> Iterator[None]:
    """Splink hides what DuckDB says behind pages of SQL."""
    try:
        yield
    except SplinkException as error:
        if isinstance(error.__cause__, duckdb.Error):
            raise error.__cause__ from None
        raise
