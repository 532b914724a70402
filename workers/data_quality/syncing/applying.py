"""Makes the planned changes, in batches of one transaction: all of them, or none."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connections

from workers.contract import ActionError, Call
from workers.data_quality.syncing.changes import WHATS, What
from workers.data_quality.syncing.target import CHANGES, STAGED, Target, done, listed, quoted
from workers.warehouse import ALIAS

# Between batches it is seen whether the call was withdrawn. PostgreSQL may read all of the target for each.
BATCH_ROWS = {"sqlite": 20_000, "postgresql": 250_000}
LOCK_SECONDS = 5  # that a writer of the target is waited for
_IN_BATCH = "c.n > %s AND c.n <= %s"


def lock(target: Target) -> None:
    """Nobody else writes to the target until the transaction ends; readers go on. SQLite's transactions do so anyway.

    Raises Django's `OperationalError` where somebody writes for longer than is waited.
    """
    if connections[ALIAS].vendor == "postgresql":
        done(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        done(f"LOCK TABLE {quoted(target.table)} IN SHARE ROW EXCLUSIVE MODE")


def apply(call: Call, target: Target, counts: Mapping[What, int]) -> None:
    """Make all changes within the caller's transaction. Raises `ActionError` if other rows changed than those."""
    made, total = 0, sum(counts.values())
    for what, first, last in _batches(counts):
        call.progress(made, total, f"{what} rows of {target.table}")
        statement, parameters = _statement(target, what)
        count = done(statement, [*parameters, first, last])
        if count != last - first:
            message = f"{target.table}: {count:,} rows changed where {last - first:,} should; nothing was changed"
            raise ActionError(message, field="target")
        made += count
    call.progress(made, total, f"changed rows of {target.table}")


def _batches(counts: Mapping[What, int]) -> Iterator[tuple[What, int, int]]:
    """The changes as batches of one sort each: those with a number above the first and not above the last."""
    size, first = BATCH_ROWS[connections[ALIAS].vendor], 0
    for what in WHATS:
        end = first + counts[what]
        while first < end:
            last = min(first + size, end)
            yield what, first, last
            first = last


def _statement(target: Target, what: What) -> tuple[str, list[Any]]:
    """The statement for a batch, and its parameters before the batch's own two."""
    table, keys = quoted(target.table), listed(target.key)
    if what == "delete":
        chosen = f"({keys}) IN (SELECT {keys} FROM {CHANGES} AS c WHERE {_IN_BATCH})"
        return f"DELETE FROM {table} WHERE {' AND '.join([*target.terms(), chosen])}", target.parameters
    staged = f"{CHANGES} AS c JOIN {STAGED} AS s ON {target.same_key('c', 's')}"
    if what == "insert":
        constants = list(target.constants)
        names = listed([*target.columns, *constants])
        cells = ", ".join([listed(target.columns, "s"), *["%s"] * len(constants)])
        statement = f"INSERT INTO {table} ({names}) SELECT {cells} FROM {staged} WHERE {_IN_BATCH}"
        return statement, [*target.constants.values()]
    cells = ", ".join(f"{quoted(name)} = s.{quoted(name)}" for name in target.others)
    terms = " AND ".join([target.same_key("t", "s"), *target.terms("t."), _IN_BATCH])
    return f"UPDATE {table} AS t SET {cells} FROM {staged} WHERE {terms}", target.parameters
