"""The rows that differ between the two sides of a comparison: how many, in which columns, and a few of them."""

from typing import Any, Literal

import duckdb
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.duck import quoted
from workers.performance.parity import Shape, listed
from workers.personal import masked

Cells = dict[str, Any]


class Example(TypedDict):
    """A row that differs: its key, and for a changed one the cells, left and right. Personal texts are masked."""

    what: Literal["left", "right", "changed"]
    key: Cells
    cells: dict[str, tuple[Any, Any]]


class Differences(TypedDict):
    """How many rows are only on one side, or changed under the same key. ``by_column``: of those with a single key."""

    only_left: int
    only_right: int
    changed: int
    by_column: dict[str, int]
    examples: list[Example]


def find(connection: duckdb.DuckDBPyConnection, shape: Shape, most: int) -> Differences:
    """Compare the rows of the partitions that `parity.parts` found to differ. Gives ``most`` examples of each sort."""
    _surplus(connection, shape)
    counts = connection.execute(
        "SELECT coalesce(sum(greatest(__left - __right, 0)), 0),"
        " coalesce(sum(greatest(__right - __left, 0)), 0), coalesce(sum(least(__left, __right)), 0) FROM by_key"
    ).fetchone()
    only_left, only_right, changed = map(int, counts or (0, 0, 0))
    if changed:
        _pair(connection, shape)
    return {
        "only_left": only_left,
        "only_right": only_right,
        "changed": changed,
        "by_column": _by_column(connection, shape) if changed else {},
        "examples": [
            *(_changed(connection, shape, most) if changed else []),
            *_lonely(connection, shape, "left", most),
            *_lonely(connection, shape, "right", most),
        ],
    }


def _surplus(connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """`surplus`: each row that one side has more often, and by how much; `by_key`: how many those are, by side."""
    keys = f"{listed(shape.key)}, " if shape.key else ""
    both = " UNION ALL ".join(
        f"SELECT {keys}__hash, {sign} AS __n FROM {side}_rows"
        " WHERE EXISTS (SELECT 1 FROM differing d WHERE d.__part IS NOT DISTINCT FROM"
        f" {side}_rows.__part)"
        for side, sign in (("left", 1), ("right", -1))
    )
    connection.execute(
        f"CREATE TABLE surplus AS SELECT {keys}__hash, sum(__n)::BIGINT AS __n FROM ({both})"
        f" GROUP BY {keys}__hash HAVING sum(__n) <> 0"
    )
    connection.execute(
        f"CREATE TABLE by_key AS SELECT {shape.known_by}, sum(greatest(__n, 0))::BIGINT AS __left,"
        f" sum(greatest(-__n, 0))::BIGINT AS __right FROM surplus GROUP BY {shape.known_by}"
    )


def _pair(connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """`pairs_left` and `pairs_right`: the changed rows of keys under which exactly one row differs on each side."""
    for side, comparison in (("left", ">"), ("right", "<")):
        connection.execute(
            f"CREATE TABLE pairs_{side} AS SELECT DISTINCT ON ({listed(shape.key, 'rows')}) rows.*"
            f" FROM {side}_rows rows"
            f" JOIN surplus s ON {_same_key(shape, 'rows', 's')} AND s.__hash = rows.__hash AND s.__n {comparison} 0"
            f" JOIN by_key k ON {_same_key(shape, 'rows', 'k')} AND k.__left = 1 AND k.__right = 1"
        )


def _by_column(connection: duckdb.DuckDBPyConnection, shape: Shape) -> dict[str, int]:
    """In how many of the pairs each column differs, the most frequent first."""
    others = [name for name in shape.columns if name not in shape.key]
    if not others:
        return {}
    counts = ", ".join(f"count(*) FILTER (l.{quoted(name)} IS DISTINCT FROM r.{quoted(name)})" for name in others)
    found = connection.execute(f"SELECT {counts} FROM {_pairs(shape)}").fetchone() or ()
    differing = [(name, count) for name, count in zip(others, found, strict=True) if count]
    return dict(sorted(differing, key=lambda one: -one[1]))


def _changed(connection: duckdb.DuckDBPyConnection, shape: Shape, most: int) -> list[Example]:
    cells = f"{listed(shape.columns, 'l')}, {listed(shape.columns, 'r')}"
    rows = connection.execute(
        f"SELECT {cells} FROM {_pairs(shape)} ORDER BY {listed(shape.key, 'l')} LIMIT {most}"
    ).fetchall()
    names, examples = list(shape.columns), []
    for row in rows:
        left, right = (dict(zip(names, half, strict=True)) for half in (row[: len(names)], row[len(names) :]))
        cells_that_differ = {
            name: (masked(name, left[name]), masked(name, right[name])) for name in names if left[name] != right[name]
        }
        examples.append(Example(what="changed", key=_shown(left, shape.key), cells=cells_that_differ))
    return examples


def _lonely(
    connection: duckdb.DuckDBPyConnection, shape: Shape, side: Literal["left", "right"], most: int
) -> list[Example]:
    """Rows whose key is on one side only; without a key, their cells stand for it."""
    own, other = ("__left", "__right") if side == "left" else ("__right", "__left")
    known = f"SELECT * FROM by_key WHERE {own} > 0 AND {other} = 0 ORDER BY {shape.known_by} LIMIT {most}"
    if shape.key:
        rows, names = connection.execute(f"SELECT {shape.known_by} FROM ({known})").fetchall(), shape.key
    else:
        names = list(shape.columns)
        rows = connection.execute(
            f"SELECT {listed(names)} FROM {side}_rows WHERE __hash IN (SELECT __hash FROM ({known})) LIMIT {most}"
        ).fetchall()
    return [Example(what=side, key=_shown(dict(zip(names, row, strict=True)), names), cells={}) for row in rows]


def _pairs(shape: Shape) -> str:
    return f"pairs_left l JOIN pairs_right r ON {_same_key(shape, 'l', 'r')}"


def _same_key(shape: Shape, one: str, other: str) -> str:
    return " AND ".join(f"{one}.{quoted(name)} IS NOT DISTINCT FROM {other}.{quoted(name)}" for name in shape.key)


def _shown(row: Cells, names: Any) -> Cells:
    return {name: masked(name, row[name]) for name in names}
