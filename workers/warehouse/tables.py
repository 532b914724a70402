"""The data tables: their columns, their key within a release, and the view of what is current.

They are made here and not by Django's models because PostgreSQL's are partitioned by release, which Django cannot
say, and because the columns are the publisher's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from workers.warehouse.models import Release, ReleaseState

# The types that a column may have: both databases know these words.
TYPES = frozenset({"text", "bigint", "smallint", "double precision"})

# Asked of the catalogue: on PostgreSQL even "SELECT * FROM table LIMIT 0" looks at every partition.
COLUMNS = {
    "postgresql": "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(quote_ident(%s)) AND attnum > 0"
    " AND NOT attisdropped ORDER BY attnum",
    "sqlite": "SELECT name FROM pragma_table_info(%s)",
}


@dataclass(frozen=True)
class Table:
    """A data table: its columns with their SQL types, those that name a row within a release, and the texts that
    people search by how they begin."""

    name: str
    columns: Mapping[str, str]
    key: Sequence[str]
    searched: Sequence[str] = ()


def ensure(connection: BaseDatabaseWrapper, table: Table) -> None:
    """Make the table and its view ``<name>_current``, or add the columns that a table from earlier times lacks."""
    if unknown := set(table.columns.values()) - TYPES:
        raise ValueError(f"{table.name}: a column cannot have the type {sorted(unknown)[0]!r}")
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        # Neither database lets go of, or alters, a table beneath a view without its view.
        cursor.execute(f"DROP VIEW IF EXISTS {quote(current(table.name))}")
        if present := columns(connection, table.name):
            _add_columns(connection, cursor, table, present)
        else:
            cursor.execute(_definition(connection, table))
        # SQLite fills an index row by row, which makes a load half as slow again; it has to read what is searched.
        if connection.vendor == "postgresql":
            _ensure_indexes(connection, cursor, table)
        cursor.execute(
            f"CREATE VIEW {quote(current(table.name))} AS SELECT * FROM {quote(table.name)}"  # noqa: S608
            f" WHERE release_id {_among_current(connection)}"
        )


def drop(connection: BaseDatabaseWrapper, name: str) -> None:
    """Remove the table and its view, with all their rows."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP VIEW IF EXISTS {quote(current(name))}")
        cursor.execute(f"DROP TABLE IF EXISTS {quote(name)}")


def current(name: str) -> str:
    """The name of the view that shows the current rows of the table ``name``."""
    return f"{name}_current"


def folded(connection: BaseDatabaseWrapper, column: str) -> str:
    """The SQL of a text as it is searched: in capitals."""
    return by_characters(connection, f"upper({connection.ops.quote_name(column)})")


def by_characters(connection: BaseDatabaseWrapper, expression: str) -> str:
    """The SQL of a text in the order of its characters' numbers, as Python has it, whatever the locale."""
    return f'({expression} COLLATE "C")' if connection.vendor == "postgresql" else f"({expression})"


def columns(connection: BaseDatabaseWrapper, name: str) -> list[str]:
    """The names of the table's columns in their order, the release first; empty if there is no such table."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS[connection.vendor], [name])
        return [column for (column,) in cursor.fetchall()]


def _among_current(connection: BaseDatabaseWrapper) -> str:
    """The rest of a condition that begins with a release's number: that readers see it.

    PostgreSQL takes a join to mean that each of a thousand releases may have to be looked up in each of a thousand
    partitions, for seconds; a list that is read once it just filters by.
    """
    loaded = f"SELECT id FROM {connection.ops.quote_name(Release._meta.db_table)} WHERE state = '{ReleaseState.LOADED}'"  # noqa: S608
    return f"= ANY (ARRAY({loaded}))" if connection.vendor == "postgresql" else f"IN ({loaded})"


def _definition(connection: BaseDatabaseWrapper, table: Table) -> str:
    quote = connection.ops.quote_name
    definitions = ["release_id bigint NOT NULL"]
    for name, kind in table.columns.items():
        definitions.append(f"{quote(name)} {kind}{' NOT NULL' if name in table.key else ''}")
    definitions.append(f"PRIMARY KEY ({', '.join(map(quote, ['release_id', *table.key]))})")
    partitioned = " PARTITION BY LIST (release_id)" if connection.vendor == "postgresql" else ""
    return f"CREATE TABLE {quote(table.name)} ({', '.join(definitions)}){partitioned}"


def _add_columns(connection: BaseDatabaseWrapper, cursor: Any, table: Table, present: Sequence[str]) -> None:
    quote = connection.ops.quote_name
    for name, kind in table.columns.items():
        if name not in present:
            cursor.execute(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(name)} {kind}")


def _ensure_indexes(connection: BaseDatabaseWrapper, cursor: Any, table: Table) -> None:
    """Indexes in the order of the search's pages: by the text, then the row. Each partition gets them as it comes."""
    quote = connection.ops.quote_name
    key = by_characters(connection, quote(table.key[-1]))
    for column in table.searched:
        index, text = quote(f"{table.name}_by_{column}"), folded(connection, column)
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {quote(table.name)} ({text}, release_id, {key})")
