"""Compares two sets of rows in DuckDB: counts, sums and hashes by partition; then, where those differ, the rows.

DuckDB spills to disk what does not fit into its memory, so the size of the sides is bounded by the disk alone. Rows
are compared as multisets: one that is there twice on one side and once on the other is a difference.
"""

import math
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from workers import duck
from workers.contract import Call, InvalidParameters
from workers.duck import literal, quoted
from workers.stores import Kind

SIDES = ("left", "right")
MOST_PARTS = 20_000
BUCKETS = 256  # partitions where no column is named
TYPES: dict[Kind, str] = {"integer": "BIGINT", "real": "DOUBLE", "boolean": "BOOLEAN", "text": "VARCHAR"}


@dataclass(frozen=True)
class Shape:
    """What is compared: the columns, each with the kind that both sides are read as; the key; the partition's column.

    Without a key a row is known by its hash, over all its cells.
    """

    columns: dict[str, Kind]
    key: Sequence[str] = ()
    partition: str = ""

    @property
    def kinds(self) -> Iterable[tuple[str, Kind]]:
        return self.columns.items()

    @property
    def numbers(self) -> list[str]:
        return [name for name, kind in self.columns.items() if kind in ("integer", "real")]

    @property
    def known_by(self) -> str:
        return listed(self.key) if self.key else "__hash"


@dataclass(frozen=True)
class Part:
    """A partition: its rows and the sums of its columns of numbers, by side (None where a side has no number)."""

    name: str
    rows: tuple[int, int]
    sums: dict[str, tuple[float | None, float | None]]
    same: bool


def database(call: Call, folder: Path) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A DuckDB of bounded memory that spills into ``folder`` and stops with ``call``; see `duck.database`."""
    return duck.database(call, folder, "the comparison cannot be made", preserve_insertion_order=False)


def take(connection: duckdb.DuckDBPyConnection, side: str, files: Iterable[Path], shape: Shape) -> None:
    """Make ``files`` the rows of ``side``, and count, sum and hash them by partition."""
    paths = ", ".join(literal(str(path)) for path in files)
    cells = ", ".join(
        f"CAST({quoted(name)} AS {TYPES[kind]}) AS {quoted(name)}" for name, kind in shape.columns.items()
    )
    bucket = f"hash({listed(shape.key or shape.columns)}) % {BUCKETS}"
    part = f"{quoted(shape.partition)}::VARCHAR" if shape.partition else bucket
    sums = "".join(f", {_sum(shape.columns[name])}({quoted(name)}) AS {quoted(name)}" for name in shape.numbers)
    connection.execute(f"CREATE VIEW {side}_cells AS SELECT {cells} FROM read_parquet([{paths}])")
    connection.execute(
        f"CREATE VIEW {side}_rows AS"
        f" SELECT *, hash({listed(shape.columns)}) AS __hash, {part} AS __part FROM {side}_cells"
    )
    connection.execute(
        f"CREATE TABLE {side}_parts AS"
        f" SELECT __part, count(*) AS __rows, sum(__hash) AS __sum{sums} FROM {side}_rows GROUP BY __part"
    )


def parts(connection: duckdb.DuckDBPyConnection, shape: Shape) -> list[Part]:
    """All partitions, those that differ first and then by name. Raises `InvalidParameters` if there are too many."""
    [(many,)] = connection.execute(
        "SELECT greatest((SELECT count(*) FROM left_parts), (SELECT count(*) FROM right_parts))"
    ).fetchall()
    if many > MOST_PARTS:
        message = f"partition: {shape.partition} has {many:,} values, more than {MOST_PARTS:,}; name a coarser column"
        raise InvalidParameters(message, field="partition")
    sums = "".join(f", l.{quoted(name)}, r.{quoted(name)}" for name in shape.numbers)
    connection.execute(
        "CREATE TABLE differing AS SELECT coalesce(l.__part, r.__part) AS __part"
        " FROM left_parts l FULL JOIN right_parts r ON l.__part IS NOT DISTINCT FROM r.__part"
        " WHERE l.__rows IS DISTINCT FROM r.__rows OR l.__sum IS DISTINCT FROM r.__sum"
    )
    rows = connection.execute(
        "SELECT coalesce(l.__part, r.__part)::VARCHAR, coalesce(l.__rows, 0), coalesce(r.__rows, 0),"
        f" l.__rows IS NOT DISTINCT FROM r.__rows AND l.__sum IS NOT DISTINCT FROM r.__sum AS same{sums}"
        " FROM left_parts l FULL JOIN right_parts r ON l.__part IS NOT DISTINCT FROM r.__part ORDER BY same, 1"
    ).fetchall()
    return [_part(shape, *row) for row in rows]


def _part(shape: Shape, name: str | None, left: int, right: int, same: bool, *sums: float | None) -> Part:
    pairs = zip(sums[::2], sums[1::2], strict=True)
    return Part("(null)" if name is None else name, (left, right), dict(zip(shape.numbers, pairs, strict=True)), same)


def total(values: Iterable[float | None]) -> float | None:
    """The sum of those that are there; None where none is."""
    numbers = [value for value in values if value is not None]
    whole = all(isinstance(value, int) for value in numbers)
    return (sum(numbers) if whole else math.fsum(numbers)) if numbers else None


def equal(left: float | None, right: float | None) -> bool:
    """Whether two sums are the same, but for the rounding of sums of real numbers."""
    if left is None or right is None:
        return left is right
    if isinstance(left, int) and isinstance(right, int):
        return left == right
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)


def listed(names: Iterable[str], table: str = "") -> str:
    return ", ".join(f"{table}.{quoted(name)}" if table else quoted(name) for name in names)


def _sum(kind: Kind) -> str:
    return "fsum" if kind == "real" else "sum"
