"""Runs a statement so that it can only read, for a limited time, and leaves the connection as it was."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from workers.ai_ml.chat.statement import Statement
from workers.contract import ActionError, Call
from workers.warehouse import ALIAS
from workers.warehouse.reach import reachable

SECONDS = 20.0
STEPS = 10_000  # of SQLite's machine between two looks at the clock: a fraction of a millisecond
CANCELLED = "57014"  # what PostgreSQL calls a statement that took too long


class TooSlow(ActionError):
    """The answer would take more time than a question may."""


def rows(call: Call, statement: Statement) -> list[tuple[Any, ...]]:
    """The statement's rows. Raises `TooSlow`, `TryLater`, `Cancelled`, or `ActionError` where tables are missing."""
    call.check()
    with reachable(), _timely(call), reading_only(call, _seconds(call)), connections[ALIAS].cursor() as cursor:
        cursor.execute(statement.sql, statement.parameters)
        return cursor.fetchall()


@contextmanager
def reading_only(call: Call, seconds: float) -> Iterator[None]:
    """Inside the block the warehouse refuses to be changed, and a statement that takes longer ends with an error."""
    connection = connections[ALIAS]
    connection.ensure_connection()
    guard = _postgresql if connection.vendor == "postgresql" else _sqlite
    with guard(connection, call, seconds):
        yield


@contextmanager
def _postgresql(connection: BaseDatabaseWrapper, call: Call, seconds: float) -> Iterator[None]:
    with transaction.atomic(using=ALIAS):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('transaction_read_only', 'on', true), set_config('statement_timeout', %s, true)",
                [str(max(1, round(seconds * 1000)))],
            )
        yield
        # What is set for the transaction goes with it; within another one it has to be taken back.
        transaction.set_rollback(True, using=ALIAS)


@contextmanager
def _sqlite(connection: BaseDatabaseWrapper, call: Call, seconds: float) -> Iterator[None]:
    """Without a transaction: one here would begin by waiting for whoever writes."""
    raw = connection.connection
    over = time.monotonic() + seconds
    raw.create_aggregate("median", 1, Median)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        raw.set_progress_handler(lambda: call.cancelled.is_set() or time.monotonic() > over, STEPS)
        try:
            yield
        finally:
            raw.set_progress_handler(None, STEPS)
            cursor.execute("PRAGMA query_only = OFF")


class Median:
    """The aggregate that SQLite lacks."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: float | None) -> None:
        if value is not None:
            self.values.append(value)

    def finalize(self) -> float | None:
        return statistics.median(self.values) if self.values else None


@contextmanager
def _timely(call: Call) -> Iterator[None]:
    """Tell a statement that was stopped from a database that is away."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != CANCELLED and str(error) != "interrupted":
            raise
        call.check()
        message = "question: the answer takes too long; ask of one county, or of fewer years"
        raise TooSlow(message, field="question") from error


def _seconds(call: Call) -> float:
    if call.deadline is None:
        return SECONDS
    return max(0.0, min(SECONDS, (call.deadline - datetime.now(UTC)).total_seconds()))
