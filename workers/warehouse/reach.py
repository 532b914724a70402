"""What it means when the warehouse does not answer, or lacks what is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, ProgrammingError

from workers.contract import ActionError, TryLater

UNDEFINED = ("42P01", "42703")  # PostgreSQL: no such table, no such column


@contextmanager
def reachable() -> Iterator[None]:
    """Turn a database that is away, full or too busy into `TryLater`, and one without its tables into `ActionError`."""
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        if _is_unmigrated(error):
            said = str(error).splitlines()[0]
            raise ActionError(
                f"the warehouse is not set up ({said}): run `manage.py migrate --database warehouse`"
            ) from error
        if isinstance(error, ProgrammingError):
            raise
        raise TryLater(f"the warehouse cannot be used now: {str(error).splitlines()[0]}") from error


def _is_unmigrated(error: Exception) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in UNDEFINED or str(error).startswith("no such")
