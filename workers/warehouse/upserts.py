"""Merging the rows of a file into a table with one row per key: the newest version of a row stays, whatever the order
in which files come, and a row that a file does not have is not touched.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import polars as pl
from django.db import connections, transaction

from workers.warehouse import ALIAS, frames
from workers.warehouse.keyed import FILE, VERSION
from workers.warehouse.tables import Table

LINE = "line"
_HELD_VERSION, _HELD_FILE = "held_version", "held_file"


@dataclass(frozen=True)
class Target:
    """Where rows go: their table, the table of what belongs to each, and the columns whose changes are recorded."""

    table: Table
    children: Table | None = None
    watched: Sequence[str] = ()
    changes: Table | None = None

    @property
    def key(self) -> list[str]:
        return list(self.table.key)


@dataclass(frozen=True)
class Origin:
    """The file that rows are from, its version (a whole number that rises with its age), and the day it tells of."""

    file_id: int
    version: int
    as_of: date


@dataclass(frozen=True)
class Merged:
    """What became of rows: new ones, ones that took the place of older ones, ones that are older than what is there,
    ones whose key the same file has again, and how many watched values changed, by column.
    """

    inserted: int = 0
    replaced: int = 0
    outdated: int = 0
    repeated: int = 0
    changed: dict[str, int] = field(default_factory=dict)


@contextmanager
def by_index() -> Iterator[None]:
    """A transaction in which PostgreSQL looks keys up by the index, though it knows nothing of a table just filled."""
    with transaction.atomic(using=ALIAS):
        if connections[ALIAS].vendor == "postgresql":
            with connections[ALIAS].cursor() as cursor:
                for way in ("seqscan", "hashjoin", "mergejoin"):
                    cursor.execute(f"SET LOCAL enable_{way} = off")
        yield


def merge(target: Target, rows: pl.DataFrame, children: pl.DataFrame | None, origin: Origin) -> Merged:
    """Merge ``rows``, with the children that belong to them, within the caller's transaction.

    ``rows`` have the table's columns but for its origin, ``children`` those of their table, and both have ``line``,
    the number of the record that they are from. The caller sees to it that nobody else merges into the table
    meanwhile. Of rows with one key the last one counts.
    """
    latest = rows.unique(target.key, keep="last", maintain_order=True)
    compared = latest.join(_held(target, latest), on=target.key, how="left", maintain_order="left")
    accepted = compared.filter(pl.col(_HELD_VERSION).is_null() | (pl.col(_HELD_VERSION) <= origin.version))
    known = accepted.filter(pl.col(_HELD_VERSION).is_not_null())
    frames.delete(target.table.name, known.select(target.key))
    frames.append(target.table.name, _stamped(accepted.select(latest.columns).drop(LINE), origin))
    if target.children and children is not None:
        frames.delete(target.children.name, known.select(target.key))
        kept = children if accepted.height == rows.height else _belonging(children, accepted, target)
        frames.append(target.children.name, kept.drop(LINE))
    again = known.filter(pl.col(_HELD_FILE) == origin.file_id).height
    return Merged(
        inserted=accepted.height - known.height,
        replaced=known.height - again,
        outdated=compared.height - accepted.height,
        repeated=rows.height - latest.height + again,
        changed=_record_changes(target, known, origin),
    )


def _held(target: Target, rows: pl.DataFrame) -> pl.DataFrame:
    """The version, file and watched columns of the rows that are there already."""
    found = frames.find(target.table.name, rows.select(target.key), [*target.key, VERSION, FILE, *target.watched])
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(target.key, pl.String)
    schema |= {_HELD_VERSION: pl.Int64, _HELD_FILE: pl.Int64}
    schema |= {f"held_{name}": pl.String for name in target.watched}
    return pl.DataFrame(found, schema=schema, orient="row")


def _stamped(rows: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    return rows.with_columns(pl.lit(origin.file_id).alias(FILE), pl.lit(origin.version).alias(VERSION))


def _belonging(children: pl.DataFrame, rows: pl.DataFrame, target: Target) -> pl.DataFrame:
    """The children of these very rows: of two rows with one key, only those of the one that counts."""
    return children.join(rows.select(*target.key, LINE), on=[*target.key, LINE], how="semi")


def _record_changes(target: Target, known: pl.DataFrame, origin: Origin) -> dict[str, int]:
    changed = {}
    for name in target.watched if target.changes else ():
        different = known.filter(pl.col(name).ne_missing(pl.col(f"held_{name}")))
        changed[name] = different.height
        if target.changes and different.height:
            entries = different.select(
                *target.key,
                LINE,
                pl.lit(name).alias("field"),
                pl.col(f"held_{name}").alias("old"),
                pl.col(name).alias("new"),
                pl.lit(origin.as_of).alias("as_of"),
            )
            frames.append(target.changes.name, _stamped(entries, origin))
    return changed
