"""What a database tells of itself: how quickly it answers, how full it is, and which statements took its time."""

import statistics
import time
from typing import Any

from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

PROBES = 5
LONGEST_STATEMENT = 1_000  # characters

POSTGRESQL_FIGURES = """
SELECT pg_database_size(current_database()) AS size_bytes,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_setting('max_connections')::int AS max_connections,
       (SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0)::float FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()) AS oldest_transaction_seconds
"""
# Its text has $1 where a value stood, so that it shows no data.
POSTGRESQL_STATEMENTS = """
SELECT query, calls, total_exec_time, mean_exec_time, max_exec_time, rows
  FROM pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND query NOT ILIKE '%%pg_stat_statements%%'
 ORDER BY total_exec_time DESC
 LIMIT %s
"""


class Statement(TypedDict):
    """A kind of statement, and the time that it took since the statistics began."""

    statement: str
    calls: int
    total_ms: float
    mean_ms: float
    max_ms: float
    rows: int


class Statements(TypedDict):
    """The statements that took most time, or why the database cannot tell: ``reason`` is empty where it can."""

    reason: str
    statements: list[Statement]


def figures(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    """The latency of a trivial query (ms, the median of a few), the size, and on PostgreSQL the connections.

    Raises Django's database errors.
    """
    with connection.cursor() as cursor:
        found = {"vendor": connection.vendor, "latency_ms": _latency(cursor)}
        if connection.vendor == "postgresql":
            return found | _row(cursor, POSTGRESQL_FIGURES)
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute("PRAGMA page_size")
        return found | {"size_bytes": pages * cursor.fetchone()[0]}


def slowest(connection: BaseDatabaseWrapper, most: int) -> Statements:
    """Up to ``most`` kinds of statements, those first that took most time altogether. Raises Django's database errors.

    It takes PostgreSQL's extension pg_stat_statements; where that is missing, ``reason`` says so.
    """
    if connection.vendor != "postgresql":
        return _none("SQLite keeps no statistics of its statements; PostgreSQL does, with pg_stat_statements.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'")
        if cursor.fetchone() is None:
            return _none("The extension pg_stat_statements is not there: CREATE EXTENSION pg_stat_statements.")
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_STATEMENTS, [most])
            return {"reason": "", "statements": [_statement(*row) for row in cursor.fetchall()]}
    except DatabaseError as error:  # not in shared_preload_libraries, or not allowed to read it
        return _none(f"pg_stat_statements cannot be read: {str(error).splitlines()[0]}.")


def _latency(cursor: Any) -> float:
    times = []
    for _ in range(PROBES):
        began = time.perf_counter()
        cursor.execute("SELECT 1")
        cursor.fetchone()
        times.append(time.perf_counter() - began)
    return round(statistics.median(times) * 1000, 3)


def _row(cursor: Any, query: str) -> dict[str, Any]:
    cursor.execute(query)
    return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


def _statement(text: str, calls: int, total: float, mean: float, most: float, rows: int) -> Statement:
    return {
        "statement": " ".join(text.split())[:LONGEST_STATEMENT],
        "calls": calls,
        "total_ms": round(total, 3),
        "mean_ms": round(mean, 3),
        "max_ms": round(most, 3),
        "rows": rows,
    }


def _none(reason: str) -> Statements:
    return {"reason": reason, "statements": []}
