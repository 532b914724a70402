"""Compares two sets of rows in DuckDB: counts, sums and hashes by partition; then, where those differ, the rows.

DuckDB spills to disk what does not fit into its memory, so the size of the sides is bounded by the disk alone. Rows
are compared as multisets: one that is there twice on one side and once on the other is a difference.
"""

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from workers.contract import ActionError, Call, InvalidParameters
from workers.stores import Kind

SIDES = ("left", "right")
MEMORY = "1GB"
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


@contextmanager
def database(call: Call, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of bounded memory that spills into ``folder``, gets nothing from the network, and stops with ``call``.

    Raises `Cancelled` if the call was withdrawn, `ActionError` for what DuckDB cannot do.
    """
    limits: dict[str, Any] = {
        "memory_limit": MEMORY,
        "temp_directory": str(folder / "spill"),
        "threads": 2,
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=limits) as connection, _interrupted_by(call, connection):
        try:
            yield connection
        except duckdb.Error as error:
            call.check()
            raise ActionError(f"the comparison cannot be made: {str(error).splitlines()[0]}") from error


@contextmanager
def _interrupted_by(call: Call, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A query may take minutes: one that nobody waits for any more is broken off."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.25):
            if call.cancelled.is_set():
                connection.interrupt()

    watcher = threading.Thread(target=watch, name="parity-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def take(connection: duckdb.DuckDBPyConnection, side: str, files: Iterable[Path], shape: Shape) -> None:
    """Make ``files`` the rows of ``side``, and count, sum and hash them by partition."""
    paths = ", ".join(_text(str(path)) for path in files)
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


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str], table: str = "") -> str:
    return ", ".join(f"{table}.{quoted(name)}" if table else quoted(name) for name in names)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _sum(kind: Kind) -> str:
    return "fsum" if kind == "real" else "sum"
