"""The cells of one column as DuckDB reads them: what they are, and SQL for their texts, numbers, days and patterns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from workers.data_quality.profiles import looks
from workers.duck import quoted
from workers.personal import masked

Sort = Literal["whole", "real", "day", "boolean", "text", "other"]

WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
LONGEST_PATTERN = 40  # characters; what comes after tells nothing more of a text's shape
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SHAPES = "A" * 26 + "a" * 26 + "9" * 10
PREPARE = (
    # Letters beyond ASCII are letters too; a control character shows as a space.
    "CREATE OR REPLACE MACRO shape(v) AS regexp_replace(CASE WHEN strlen(v) = length(v) THEN v"
    " ELSE regexp_replace(regexp_replace(v, '\\p{Lu}', 'A', 'g'), '[\\p{Ll}\\p{Lt}\\p{Lm}\\p{Lo}]', 'a', 'g')"
    " END, '[\\x00-\\x1f]', ' ', 'g')",
    f"CREATE OR REPLACE MACRO pattern(v) AS CASE WHEN length(v) > {LONGEST_PATTERN}"
    f" THEN translate(shape(left(v, {LONGEST_PATTERN})), '{_LETTERS}', '{_SHAPES}') || '…'"
    f" ELSE translate(shape(v), '{_LETTERS}', '{_SHAPES}') END",
    "CREATE OR REPLACE MACRO stripped(v) AS trim(v, ' ' || chr(9) || chr(10) || chr(13))",
)


@dataclass(frozen=True)
class Column:
    """A column with its type in DuckDB's words, and as its source calls it."""

    name: str
    kind: str
    stored: str

    @property
    def sort(self) -> Sort:
        word = self.kind.partition("(")[0]
        if "[" in self.kind:
            return "other"
        if word in WHOLE or (word == "DECIMAL" and self.kind.endswith(",0)")):
            return "whole"
        if word in ("FLOAT", "DOUBLE", "DECIMAL"):
            return "real"
        if word == "DATE" or word.startswith("TIMESTAMP"):
            return "day"
        return {"BOOLEAN": "boolean", "VARCHAR": "text"}.get(word, "other")  # type: ignore[return-value]

    @property
    def personal(self) -> bool:
        """Whether its texts tell of a person."""
        return self.sort in ("text", "other") and masked(self.name, "x") != "x"

    @property
    def cell(self) -> str:
        """A cell; of what is no number, day, boolean or text its text."""
        return f"CAST({quoted(self.name)} AS VARCHAR)" if self.sort == "other" else quoted(self.name)

    @property
    def missing(self) -> str:
        """SQL of the condition that a cell is null or blank."""
        null = f"{self.cell} IS NULL"
        return f"({null} OR stripped({self.cell}) = '')" if self.sort == "text" else null

    @property
    def filled(self) -> str:
        """SQL of the condition that a ``value`` is neither null nor blank. Numbers that are none are no values."""
        if self.sort == "text":
            return "value IS NOT NULL AND stripped(value) <> ''"
        return "value IS NOT NULL" + (" AND isfinite(value)" if self.kind in ("FLOAT", "DOUBLE") else "")

    def measure(self, by: str, format_: str = "") -> str:
        """SQL of what a filled ``value`` is binned by; ``format_`` is the format in which texts tell days."""
        if by == "number":
            return "value::DOUBLE" if self.sort in ("whole", "real") else "TRY_CAST(stripped(value) AS DOUBLE)"
        if by == "day":
            moment = looks.day("stripped(value)", format_) if self.sort == "text" else "value"
            return f"date_diff('day', DATE '1970-01-01', ({moment})::DATE)::DOUBLE"
        return "pattern(CAST(value AS VARCHAR))" if by == "pattern" else "CAST(value AS VARCHAR)"


class Reading:
    """One column of the view ``cells``, read as the view ``filled``: each ``value`` with how often (``n``) it is there.

    The values of a column with few distinct ones are counted once, and all is told from these counts, ``exact``. Those
    of others are read over and over again instead, so that nothing has to be held.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, column: Column, *, exact: bool):
        self.connection, self.column, self.exact = connection, column, exact
        connection.execute("DROP VIEW IF EXISTS filled; DROP VIEW IF EXISTS counted; DROP TABLE IF EXISTS held")
        if exact:
            counts = f"SELECT {column.cell} AS value, count(*) AS n FROM cells GROUP BY 1"
            connection.execute(f"CREATE TABLE held AS {counts}")
        source = "SELECT value, n FROM held" if exact else f"SELECT {column.cell} AS value, 1 AS n FROM cells"
        connection.execute(f"CREATE VIEW counted AS {source}")
        connection.execute(f"CREATE VIEW filled AS SELECT value, n FROM counted WHERE {column.filled}")

    def rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, parameters).fetchall()

    def quantiles(self, number: str, at: Sequence[float]) -> list[float]:
        """The quantiles of the SQL ``number`` of each filled value: values that are there, or near them."""
        query = f"SELECT approx_quantile({number}, {list(at)}) FROM filled"
        if self.exact:
            each = ", ".join(f"min(x) FILTER (upto >= {share} * total)" for share in at)
            query = (
                f"WITH numbers AS (SELECT {number} AS x, sum(n) AS n FROM filled GROUP BY x), ranks AS (SELECT x,"
                " sum(n) OVER (ORDER BY x) AS upto, sum(n) OVER () AS total FROM numbers WHERE x IS NOT NULL)"
                f" SELECT [{each}] FROM ranks"
            )
        found = self.rows(query)[0][0] or []
        return [] if None in found else list(found)
