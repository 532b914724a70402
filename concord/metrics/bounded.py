"""Queries that give up: whoever looks at a busy system must not make it busier."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SECONDS = 2.0
OPCODES = 20_000  # of SQLite between two looks at the clock


@contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """Queries inside raise `OperationalError` once they have taken so long."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {round(seconds * 1000)}")
            yield
        return
    connection.ensure_connection()
    end = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: int(time.monotonic() > end), OPCODES)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)
