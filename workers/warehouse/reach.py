"""What it means when the warehouse does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError

from workers.contract import TryLater


@contextmanager
def reachable() -> Iterator[None]:
    """Turn a database that is away, full or too busy into `TryLater`."""
    try:
        yield
    except OperationalError as error:
        raise TryLater(f"the warehouse cannot be used now: {str(error).splitlines()[0]}") from error
