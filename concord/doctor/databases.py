"""The two databases: reachable, new enough, with the rights they need, migrated, encrypted, and with the right time."""

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from concord.doctor.clock import skew
from concord.doctor.finding import Finding, error, ok, warning

VARIABLES = {"default": "DATABASE_URL", "warehouse": "WAREHOUSE_URL"}
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"
# Of several rights in one call PostgreSQL says whether there is any of them.
FORBIDDEN = """
    SELECT tablename FROM pg_tables, format('%I.%I', schemaname, tablename) AS named
    WHERE schemaname = current_schema() AND NOT (
        has_table_privilege(named, 'SELECT') AND has_table_privilege(named, 'INSERT')
        AND has_table_privilege(named, 'UPDATE') AND has_table_privilege(named, 'DELETE')
    ) ORDER BY tablename LIMIT 5
"""
# What a query over the whole of a partitioned table locks: its partitions and all their indexes.
LOCKS = """
    SELECT coalesce(max(parts), 0), current_setting('max_locks_per_transaction')::int
        * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)
    FROM (
        SELECT count(*) AS parts FROM pg_inherits LEFT JOIN pg_index ON indexrelid = inhparent
        GROUP BY coalesce(indrelid, inhparent)
    ) AS tables
"""


def check(alias: str) -> Callable[[], Iterator[Finding]]:
    """The check of one of the databases."""
    return lambda: _look(alias)


def _look(alias: str) -> Iterator[Finding]:
    name, connection = VARIABLES[alias], connections[alias]
    connection.ensure_connection()
    version = ".".join(str(part) for part in connection.get_database_version())
    yield ok(name, f"{connection.display_name} {version} answers")
    if connection.vendor == "postgresql":
        yield from _server(name, connection)
        yield from locks(name, *_asked(connection, LOCKS))
    elif settings.HTTPS:
        yield warning(name, "SQLite is for one machine", f"set {name} to a PostgreSQL server")
    yield from _migrations(alias, name)


def _server(name: str, connection: Any) -> Iterator[Finding]:
    yield from skew(name, lambda: _asked(connection, "SELECT extract(epoch FROM clock_timestamp())")[0])
    info = connection.connection.info
    remote = info.host and not info.host.startswith("/") and info.host not in ("localhost", "127.0.0.1", "::1")
    encrypted = bool(info.pgconn.ssl_in_use)
    if remote and not encrypted:
        yield warning(name, "the connection is not encrypted", f"add ?sslmode=verify-full to {name}")
    may_create = _asked(connection, "SELECT has_schema_privilege(current_schema(), 'CREATE')")[0]
    missing = _forbidden(connection)
    if not may_create:
        yield warning(name, "this user may not create tables", "run `manage.py migrate` as a user who may")
    if missing:
        yield error(name, f"no right to read and write {', '.join(missing)}", f"GRANT {RIGHTS} on the tables")
    if not missing:
        yield ok(name, f"the rights are there; {'encrypted' if encrypted else 'not encrypted'}")


def locks(name: str, needed: int, there: int) -> Iterator[Finding]:
    """Whether two queries at once over a table with all its releases find the locks that they need."""
    if needed > there / 2:
        found = f"a query over all releases of a table needs {needed:,} locks; the server has {there:,} for all queries"
        yield warning(name, found, "raise max_locks_per_transaction in postgresql.conf, and restart the server")


def _forbidden(connection: Any) -> list[str]:
    """The tables in this schema that the user may not fully use."""
    with connection.cursor() as cursor:
        cursor.execute(FORBIDDEN)
        return [table for (table,) in cursor.fetchall()]


def _asked(connection: Any, statement: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def _migrations(alias: str, name: str) -> Iterator[Finding]:
    executor = MigrationExecutor(connections[alias])
    known = executor.loader.disk_migrations or {}
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    newer = sorted(".".join(key) for key in executor.loader.applied_migrations or {} if key not in known)
    command = f"manage.py migrate{'' if alias == 'default' else f' --database {alias}'}"
    if pending:
        first = ", ".join(str(migration) for migration, _ in pending[:3])
        yield error(name, f"{len(pending)} migrations are pending, such as {first}", f"run `{command}`")
    elif newer:
        yield warning(
            name, f"the database is ahead of this version, by {', '.join(newer[:3])}", "upgrade this part too"
        )
    else:
        yield ok(name, "no migration is pending")
