"""check_data_parity: do two datasets or tables hold the same rows?"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Annotated

import duckdb
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.contract import Call, InvalidParameters, action
from workers.datasets import Dataset
from workers.performance import differences, parity
from workers.performance.differences import Differences
from workers.performance.parity import SIDES, Part, Shape
from workers.stores import Kind, Side, Table, reading
from workers.warehouse.reach import reachable

MOST_SHOWN = 50


class Sum(TypedDict):
    """The sum of a column of numbers on both sides; null where a side has no number."""

    column: str
    left: float | int | None
    right: float | int | None


class Partition(TypedDict):
    """A partition that differs, and the columns whose sums do."""

    partition: str
    rows_left: int
    rows_right: int
    sums_differ: list[str]


class Parity(TypedDict):
    """``agree``: the same rows under the same columns. Only the first 50 partitions and sums that differ are told."""

    agree: bool
    rows_left: int
    rows_right: int
    columns_compared: int
    columns_only_left: list[str]
    columns_only_right: list[str]
    partitions: int
    partitions_differ: int
    differing_partitions: list[Partition]
    sums_compared: int
    sums_differ: list[Sum]
    repeated_keys_left: int
    repeated_keys_right: int
    differences: Differences
    words: str


@action(read_only=True, expected_seconds=10)
def check_data_parity(
    call: Call,
    left: Annotated[Dataset | Table, Field(description='A dataset reference, or {"table": "sdf_current"}.')],
    right: Annotated[Dataset | Table, Field(description='The other; a table takes "where": {"co_no": 16}.')],
    key: Annotated[list[str], Field(description="The columns that name a row; empty: all its cells.")] = [],  # noqa: B006
    columns: Annotated[list[str], Field(description="What to compare; empty: all that both sides have.")] = [],  # noqa: B006
    partition: Annotated[str, Field(description="The column to compare by; empty: by a hash of the key.")] = "",
    examples: Annotated[int, Field(ge=0, le=50, description="How many differing rows of each sort to show.")] = 5,
) -> Parity:
    """Compare two datasets or warehouse tables: counts, sums and hashes by partition, then the rows that differ.

    Names of columns match whatever their case. Numbers compare as numbers, everything of two types as text.
    """
    with ExitStack() as stack:
        stack.enter_context(reachable())
        sides = [stack.enter_context(reading(store, name)) for store, name in ((left, "left"), (right, "right"))]
        shape = _shape(sides, _lower(key), _lower(columns), partition.lower())
        folder = stack.enter_context(datasets.workspace())
        connection = stack.enter_context(parity.database(call, folder))
        for number, (name, side) in enumerate(zip(SIDES, sides, strict=True)):
            call.progress(number, 4, f"reading the {name} side")
            parity.take(connection, name, side.files(call, list(shape.columns), folder), shape)
        call.progress(2, 4, "comparing by partition")
        parts = parity.parts(connection, shape)
        call.progress(3, 4, "comparing the rows of partitions that differ")
        found = differences.find(connection, shape, examples)
        repeated = [_repeated(connection, name, shape) for name in SIDES]
    return _result(sides, shape, parts, found, repeated)


def _lower(names: Sequence[str]) -> list[str]:
    return [name.lower() for name in names]


def _shape(sides: Sequence[Side], key: list[str], columns: list[str], partition: str) -> Shape:
    """What can be compared. Raises `InvalidParameters` for a column that is not on both sides."""
    left, right = sides[0].kinds, sides[1].kinds
    named = {"key": key, "columns": columns, "partition": [partition] if partition else []}
    for field, names in named.items():
        for name in names:
            if name not in left or name not in right:
                missing = "left" if name not in left else "right"
                raise InvalidParameters(f"{field}: the {missing} side has no column {name!r}", field=field)
    wanted = [name for name in left if name in right and (not columns or name in {*columns, *key, partition})]
    if not wanted:
        raise InvalidParameters("right: the two sides have no column in common", field="right")
    return Shape({name: _common(left[name], right[name]) for name in wanted}, key, partition)


def _common(left: Kind, right: Kind) -> Kind:
    """The kind that both are read as."""
    if left == right:
        return left
    return "real" if {left, right} == {"integer", "real"} else "text"


def _repeated(connection: duckdb.DuckDBPyConnection, side: str, shape: Shape) -> int:
    """How many keys a side has more than once."""
    query = f"SELECT {shape.known_by} FROM {side}_rows GROUP BY {shape.known_by} HAVING count(*) > 1"
    [(count,)] = connection.execute(f"SELECT count(*) FROM ({query})").fetchall()
    return int(count)


def _result(sides: Sequence[Side], shape: Shape, parts: list[Part], found: Differences, repeated: list[int]) -> Parity:
    left, right = (sum(part.rows[side] for part in parts) for side in (0, 1))
    differing = [part for part in parts if not part.same]
    sums = [_total(name, parts) for name in shape.numbers]
    unequal = [one for one in sums if not parity.equal(one["left"], one["right"])]
    return {
        "agree": not differing,
        "rows_left": left,
        "rows_right": right,
        "columns_compared": len(shape.columns),
        "columns_only_left": sorted(set(sides[0].kinds) - set(sides[1].kinds)),
        "columns_only_right": sorted(set(sides[1].kinds) - set(sides[0].kinds)),
        "partitions": len(parts),
        "partitions_differ": len(differing),
        "differing_partitions": [_partition(part) for part in differing[:MOST_SHOWN]],
        "sums_compared": len(sums),
        "sums_differ": unequal[:MOST_SHOWN],
        "repeated_keys_left": repeated[0],
        "repeated_keys_right": repeated[1],
        "differences": found,
        "words": _words(left, right, found),
    }


def _total(name: str, parts: list[Part]) -> Sum:
    left, right = (parity.total(part.sums[name][side] for part in parts) for side in (0, 1))
    return {"column": name, "left": left, "right": right}


def _partition(part: Part) -> Partition:
    differ = [name for name, (left, right) in part.sums.items() if not parity.equal(left, right)]
    return {"partition": part.name, "rows_left": part.rows[0], "rows_right": part.rows[1], "sums_differ": differ}


def _words(left: int, right: int, found: Differences) -> str:
    if not (found["only_left"] or found["only_right"] or found["changed"]):
        return f"Both sides have the same {left:,} rows."
    columns = ", ".join(list(found["by_column"])[:5])
    where = f", most often in {columns}" if columns else ""
    return (
        f"{left:,} rows on the left and {right:,} on the right: {found['only_left']:,} only on the left, "
        f"{found['only_right']:,} only on the right, {found['changed']:,} changed{where}."
    )
