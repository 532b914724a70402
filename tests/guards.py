"""The audit trail's guards in the tests' database: away, since tests empty their tables, but where they are tried."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def set_aside() -> None:
    """Take the triggers away."""
    from operations.audit import guards

    _run(guards.removals(connection.vendor))


@contextmanager
def in_place() -> Iterator[None]:
    """Have the triggers as the migration makes them, for the length of the block."""
    from operations.audit import guards

    _run(guards.statements(connection.vendor))
    try:
        yield
    finally:
        set_aside()


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, params=None)
