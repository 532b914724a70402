"""DuckDB, in memory on this machine; what does not fit is spilled to the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from splink import DuckDBAPI

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
def opened(folder: Path) -> Iterator[DuckDB]:
    """A database that spills to ``folder``."""
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(folder)}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        for function in FUNCTIONS:
            connection.execute(f"CREATE MACRO {function}")
        yield DuckDB(connection)
