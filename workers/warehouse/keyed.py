"""Tables with one row per key that files keep up to date, each row with the file that it is from and its version."""

from django.db.backends.base.base import BaseDatabaseWrapper

from workers.warehouse.tables import Table, columns

TYPES = frozenset({"text", "bigint", "smallint", "date"})
FILE, VERSION = "file_id", "version"
ORIGIN = {FILE: "bigint", VERSION: "bigint"}


def ensure(connection: BaseDatabaseWrapper, table: Table) -> None:
    """Make the table, or add the columns that a table from earlier times lacks."""
    if unknown := set(table.columns.values()) - TYPES:
        raise ValueError(f"{table.name}: a column cannot have the type {sorted(unknown)[0]!r}")
    quote = connection.ops.quote_name
    present = columns(connection, table.name)
    with connection.cursor() as cursor:
        if not present:
            cursor.execute(_definition(connection, table))
            return
        for name, kind in table.columns.items():
            if name not in present:
                cursor.execute(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(name)} {kind}")


def drop(connection: BaseDatabaseWrapper, table: Table) -> None:
    """Remove the table with all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table.name)}")


def _definition(connection: BaseDatabaseWrapper, table: Table) -> str:
    quote = connection.ops.quote_name
    definitions = [
        f"{quote(name)} {kind}{' NOT NULL' if name in table.key or name in ORIGIN else ''}"
        for name, kind in table.columns.items()
    ]
    definitions.append(f"PRIMARY KEY ({', '.join(map(quote, table.key))})")
    return f"CREATE TABLE {quote(table.name)} ({', '.join(definitions)})"
