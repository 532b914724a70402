"""What has to change in the target so that it has the staged rows: each change with a number, and what they come to."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connections
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call
from workers.data_quality.syncing.target import CHANGES, STAGED, Target, asked, create, done, listed, quoted
from workers.personal import masked
from workers.warehouse import ALIAS

What = Literal["delete", "update", "insert"]
WHATS: tuple[What, ...] = ("delete", "update", "insert")  # in the order in which they are made: by their number
FETCHED = 2_000
Cells = dict[str, Any]


class Example(TypedDict):
    """A row that would change: its key, and of an update each cell that does, before and after. Texts that tell of a
    person are masked.
    """

    what: What
    key: Cells
    cells: dict[str, tuple[Any, Any]]


class Partition(TypedDict):
    """How many rows of a partition would change."""

    partition: str
    inserts: int
    updates: int
    deletes: int


@dataclass(frozen=True)
class Plan:
    """The changes: how many of each sort, in which columns updates are, a few of each, and the digest of them all."""

    counts: dict[What, int]
    by_column: dict[str, int]
    examples: list[Example]
    digest: str

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def find(target: Target, *, delete: bool) -> None:
    """Fill `CHANGES` with the key of each row that has to change. ``what`` is the place in `WHATS`."""
    differ = " OR ".join(f"{_differ(name)}" for name in target.others) or "1 = 0"
    keys, held, same = listed(target.key, "s"), f"{target.rows} AS t", target.same_key("s", "t")
    ways = [
        f"SELECT 1 AS what, {keys} FROM {STAGED} AS s JOIN {held} ON {same} WHERE {differ}",
        f"SELECT 2 AS what, {keys} FROM {STAGED} AS s WHERE NOT EXISTS (SELECT 1 FROM {held} WHERE {same})",
    ]
    if delete:
        own = listed(target.key, "t")
        ways.append(f"SELECT 0 AS what, {own} FROM {held} WHERE NOT EXISTS (SELECT 1 FROM {STAGED} AS s WHERE {same})")
    numbered = f"row_number() OVER (ORDER BY what, {listed(target.key)}) AS n"
    found = f"SELECT {numbered}, what, {listed(target.key)} FROM ({' UNION ALL '.join(ways)}) AS found"
    create(CHANGES, found, target.parameters * len(ways))
    done(f"CREATE UNIQUE INDEX {CHANGES}_n ON {CHANGES} (n)")
    done(f"ANALYZE {CHANGES}")


def plan(call: Call, target: Target, most: int) -> Plan:
    """What `CHANGES` come to, with ``most`` examples of each sort. All of them go into the digest."""
    counts, by_column = dict.fromkeys(WHATS, 0), dict.fromkeys(target.others, 0)
    examples: list[Example] = []
    digest = hashlib.sha256(json.dumps([target.table, target.where, target.key, target.others]).encode())
    for number, (what, key, before, after) in enumerate(_changes(target)):
        digest.update(json.dumps([what, key, before, after], default=_plain).encode())
        counts[what] += 1
        cells = _cells(target, before, after) if what == "update" else {}
        for name in cells:
            by_column[name] += 1
        if counts[what] <= most:
            examples.append({"what": what, "key": _masked(target.key, key), "cells": cells})
        if number % FETCHED == 0:
            call.progress(number, None, "comparing the rows")
    often = sorted(((name, count) for name, count in by_column.items() if count), key=lambda one: -one[1])
    return Plan(counts, dict(often), examples, digest.hexdigest())


def partitions(target: Target, column: str) -> list[Partition]:
    """The changes by the value that ``column`` has now, or will have where the row is new; the largest first."""
    value = f"coalesce(t.{quoted(column)}, s.{quoted(column)})"
    sums = ", ".join(f"sum(CASE WHEN what = {WHATS.index(what)} THEN 1 ELSE 0 END)" for what in reversed(WHATS))
    rows = asked(
        f"SELECT CAST({value} AS text) AS part, {sums} FROM {_joined(target)}"
        " GROUP BY part ORDER BY count(*) DESC, part",
        target.parameters,
    )
    return [
        {"partition": "(null)" if name is None else name, "inserts": one[0], "updates": one[1], "deletes": one[2]}
        for name, *one in rows
    ]


def _differ(name: str) -> str:
    """SQLite tells a missing value from another by IS, PostgreSQL by IS NOT DISTINCT FROM."""
    word = "IS DISTINCT FROM" if connections[ALIAS].vendor == "postgresql" else "IS NOT"
    return f"s.{quoted(name)} {word} t.{quoted(name)}"


def _joined(target: Target) -> str:
    return (
        f"{CHANGES} AS c LEFT JOIN {STAGED} AS s ON {target.same_key('c', 's')}"
        f" LEFT JOIN {target.rows} AS t ON {target.same_key('c', 't')}"
    )


def _changes(target: Target) -> Iterator[tuple[What, list[Any], list[Any], list[Any]]]:
    """Each change in the order of its number: what, the key, and the other cells before and after."""
    columns = ", ".join(filter(None, [listed(target.key, "c"), _before(target), listed(target.others, "s")]))
    at, width = len(target.key), len(target.others)
    query = f"SELECT what, {columns} FROM {_joined(target)} ORDER BY c.n"
    with connections[ALIAS].chunked_cursor() as cursor:
        cursor.execute(query, target.parameters)
        while rows := cursor.fetchmany(FETCHED):
            for what, *cells in rows:
                yield WHATS[what], cells[:at], cells[at : at + width], cells[at + width :]


def _before(target: Target) -> str:
    """The target's cells; of SQLite as they are kept, not as what the column's declared type makes of them."""
    sign = "" if connections[ALIAS].vendor == "postgresql" else "+"
    return ", ".join(f"{sign}t.{quoted(name)}" for name in target.others)


def _cells(target: Target, before: list[Any], after: list[Any]) -> dict[str, tuple[Any, Any]]:
    pairs = zip(target.others, before, after, strict=True)
    return {name: (masked(name, _plain(old)), masked(name, _plain(new))) for name, old, new in pairs if old != new}


def _masked(names: Any, values: list[Any]) -> Cells:
    return {name: masked(name, _plain(value)) for name, value in zip(names, values, strict=True)}


def _plain(value: Any) -> Any:
    """A value as JSON can have it."""
    if isinstance(value, memoryview | bytes):
        return bytes(value).hex()
    return value if value is None or isinstance(value, str | int | float) else str(value)
