"""What the matching asks of an engine."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import polars as pl


class Engine(ABC):
    """A database that Splink can use, with tables of one matching alone.

    Beyond common SQL it knows DuckDB's ``list_has_any`` and ``starts_with``, and two functions of its own:
    ``likeness``, which is that of Jaro and Winkler, and ``shared_weight``, that of the words which two names share,
    each a number that has its weight in the upper half.
    """

    each: ClassVar[str]  # the function that makes a row of each element of a list

    def __init__(self, api: Any):
        self.api = api
        self.registered: dict[str, Any] = {}

    @abstractmethod
    def take(self, table: str, frame: pl.DataFrame) -> None:
        """Make a table of ``frame``."""

    @abstractmethod
    def make(self, table: str, select: str) -> None:
        """Make a table of the rows that ``select`` finds."""

    @abstractmethod
    def count(self, table: str) -> int:
        """How many rows a table has."""

    @abstractmethod
    def frame(self, table: Any) -> pl.DataFrame:
        """The rows of a table that Splink made."""

    def register(self, table: str) -> Any:
        """The table as Splink knows it."""
        if table not in self.registered:
            self.registered[table] = self.api.register(table, dataset_display_name=table)
        return self.registered[table]
