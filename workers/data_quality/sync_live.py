"""sync_live: bring a table of the warehouse in line with another store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Literal

from django.db import DataError, IntegrityError, ProgrammingError, connections, transaction
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.contract import ActionError, Call, InvalidParameters, action
from workers.data_quality.syncing import applying, changes, staging
from workers.data_quality.syncing.changes import Example, Partition, What
from workers.data_quality.syncing.target import Target, asked, find
from workers.datasets import Dataset
from workers.stores import Table, reading
from workers.warehouse import ALIAS
from workers.warehouse.reach import reachable
from workers.warehouse.turns import turn

MOST_PARTITIONS = 50
Mode = Literal["plan", "apply"]


class Synced(TypedDict):
    """What would change, or did (``applied``). ``digest`` names exactly these changes: it is what ``expected`` takes.

    ``only_in_target``: rows that the source has not, and that stay unless ``delete`` is set. ``in_line``: nothing has
    to change (any more). Only the first 50 partitions are told.
    """

    mode: Mode
    applied: bool
    in_line: bool
    table: str
    columns: list[str]
    rows_source: int
    rows_target: int
    inserts: int
    updates: int
    deletes: int
    only_in_target: int
    by_column: dict[str, int]
    partitions: list[Partition]
    examples: list[Example]
    digest: str
    words: str


@action(destructive=True, harmless={"properties": {"mode": {"const": "plan"}}}, expected_seconds=20)
def sync_live(
    call: Call,
    source: Annotated[Dataset | Table, Field(description="What the target shall have: a dataset or a table.")],
    target: Annotated[Table, Field(description='{"table": "parcels"}; "where": only those rows count and change.')],
    key: Annotated[list[str], Field(min_length=1, description="The columns that name a row.")],
    columns: Annotated[list[str], Field(description="What to bring in line; empty: all that both have.")] = [],  # noqa: B006
    mode: Annotated[Mode, Field(description="plan only tells what would change.")] = "plan",
    delete: Annotated[bool, Field(description="Remove the target's rows that the source has not.")] = False,
    expected: Annotated[
        str, Field(description="The digest of the plan that was seen: other changes are not made.")
    ] = "",
    partition: Annotated[str, Field(description="A column by whose values to count the changes.")] = "",
    examples: Annotated[int, Field(ge=0, le=50, description="How many rows of each sort to show.")] = 5,
) -> Synced:
    """Tell what has to change in a table so that it has the source's rows, or change exactly that, all or nothing.

    Concord's own tables and the rolls' are not written. A row that is the same already is not touched, so that a
    second time changes nothing, also after a crash.
    """
    with reachable(), reading(source, "source") as side, datasets.workspace() as folder:
        into = find(target, key, columns, {name.lower(): kind for name, kind in side.kinds.items()})
        asked_for = Asked(mode, delete, expected, _partition(into, partition), examples)
        with _refusals(into), _session(call, into, mode), staging.staged(call, into, side, folder) as rows:
            return _sync(call, into, rows, asked_for)


@dataclass(frozen=True)
class Asked:
    """How to compare and what to do then; ``partition`` is a column of the target, or empty."""

    mode: Mode
    delete: bool
    expected: str
    partition: str
    examples: int


def _partition(target: Target, name: str) -> str:
    """The target's own name of that column. Raises `InvalidParameters` if it is none of those compared."""
    if not name:
        return ""
    own = {column.lower(): column for column in target.columns}
    if name.lower() not in own:
        message = f"partition: {name!r} is none of the columns {', '.join(target.columns)}"
        raise InvalidParameters(message, field="partition")
    return own[name.lower()]


@contextmanager
def _session(call: Call, target: Target, mode: Mode) -> Iterator[None]:
    """Who changes a table takes turns with others who do; who only looks needs a transaction on PostgreSQL alone,
    where the temporary tables end with it.
    """
    if mode == "apply":
        with turn(call, f"sync-{target.table}"):
            yield
    elif connections[ALIAS].vendor == "postgresql":
        with transaction.atomic(using=ALIAS):
            yield
    else:
        yield


@contextmanager
def _refusals(target: Target) -> Iterator[None]:
    """What the database does not let the target have is the caller's to mend. The row is not repeated: it may be
    somebody's.
    """
    try:
        yield
    except (DataError, IntegrityError, ProgrammingError) as error:
        said = str(error).splitlines()[0]
        raise ActionError(f"{target.table}: {said}; nothing was changed", field="target") from error


def _sync(call: Call, target: Target, rows: int, asked_for: Asked) -> Synced:
    if asked_for.mode == "plan":
        return _compared(call, target, rows, asked_for)
    with transaction.atomic(using=ALIAS):
        applying.lock(target)
        found = _compared(call, target, rows, asked_for)
        _check_expected(found, asked_for.expected)
        counts: dict[What, int] = {"delete": found["deletes"], "update": found["updates"], "insert": found["inserts"]}
        applying.apply(call, target, counts)
    return found | {"applied": not found["in_line"], "words": _words(found, done=True)}


def _compared(call: Call, target: Target, rows: int, asked_for: Asked) -> Synced:
    [(held,)] = asked(f"SELECT count(*) FROM {target.rows} AS t", target.parameters)
    staging.check_key(target, target.rows, "target", target.parameters)
    call.progress(rows, rows, "comparing with the target")
    changes.find(target, delete=asked_for.delete)
    plan = changes.plan(call, target, asked_for.examples)
    by = asked_for.partition
    found: Synced = {
        "mode": asked_for.mode,
        "applied": False,
        "in_line": not plan.total,
        "table": target.table,
        "columns": target.columns,
        "rows_source": rows,
        "rows_target": held,
        "inserts": plan.counts["insert"],
        "updates": plan.counts["update"],
        "deletes": plan.counts["delete"],
        "only_in_target": held + plan.counts["insert"] - rows,
        "by_column": plan.by_column,
        "partitions": changes.partitions(target, by)[:MOST_PARTITIONS] if by and plan.total else [],
        "examples": plan.examples,
        "digest": plan.digest,
        "words": "",
    }
    return found | {"words": _words(found, done=False)}


def _check_expected(found: Synced, expected: str) -> None:
    """Nothing to do is what a plan that was carried out already leaves."""
    if expected and not found["in_line"] and found["digest"] != expected:
        message = (
            f"expected: the stores have moved since that plan was made. Now it would be: {found['words']}"
            " Look at a new plan, and give its digest."
        )
        raise ActionError(message, field="expected")


def _words(found: Synced, *, done: bool) -> str:
    kept = found["only_in_target"] - found["deletes"]
    stay = f" {kept:,} rows that the source has not stay." if kept else ""
    if found["in_line"]:
        return f"{found['table']} is in line with the source's {found['rows_source']:,} rows.{stay}"
    verb = "were" if done else "would be"
    often = ", ".join(list(found["by_column"])[:5])
    return (
        f"In {found['table']} {found['inserts']:,} rows {verb} inserted, {found['updates']:,} updated"
        f"{f' (most often {often})' if often else ''} and {found['deletes']:,} deleted.{stay}"
    )
