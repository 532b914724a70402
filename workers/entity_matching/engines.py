"""Where the comparing happens: DuckDB on this machine, beyond which Splink has a backend of its own for Spark.

The model, its SQL and its weights are Splink's and the same on every engine. Another engine needs what `DuckDB` has
here, and `comparisons.SHARED` in its own words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from django.conf import settings
from splink import DuckDBAPI

from workers.contract import ActionError
from workers.entity_matching.comparisons import SHARED

MEMORY = "2GB"  # what DuckDB may hold; more than that goes to the disk of the workspace


class DuckDB:
    """An in-memory database that spills to ``folder``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection
        self.api = DuckDBAPI(connection)
        self.registered: dict[str, Any] = {}

    def take(self, table: str, frame: pl.DataFrame) -> None:
        """Make a table of ``frame``."""
        self.connection.register("taken", frame.to_arrow())
        self.connection.execute(f"CREATE TABLE {table} AS SELECT * FROM taken")
        self.connection.unregister("taken")

    def register(self, table: str) -> Any:
        """The table as Splink knows it."""
        if table not in self.registered:
            self.registered[table] = self.api.register(table, dataset_display_name=table)
        return self.registered[table]

    def frame(self, table: Any) -> pl.DataFrame:
        """The rows of a table that Splink made."""
        return table.as_duckdbpyrelation().pl()


@contextmanager
def opened(folder: Path) -> Iterator[DuckDB]:
    """The engine that the setting ``MATCHING_ENGINE`` names. Raises `ActionError` for one that is not here."""
    if settings.MATCHING_ENGINE != "duckdb":
        raise ActionError(
            f"MATCHING_ENGINE is {settings.MATCHING_ENGINE!r}, and only 'duckdb' is built in. Splink's backend for"
            " Spark takes the same model; it has to be written as an engine beside DuckDB before it can be chosen."
        )
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(folder)}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(SHARED)
        yield DuckDB(connection)
