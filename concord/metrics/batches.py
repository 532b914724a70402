"""The next rows of a source, as far as they will not change any more."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from concord.metrics.families import Rise

SIZE = 1000


@dataclass
class Batch:
    """Rows that were read, how far they go, and what they add."""

    upto: int
    rows: list[Any]
    is_full: bool
    rise: Rise = field(default_factory=Rise)


def batch(rows: Iterable[Any], after: int, until: datetime) -> Batch:
    """Of ``rows`` (by id, with ``id`` and ``created_at``) the first, up to one that is newer than ``until``."""
    read = list(rows)
    taken = list(takewhile(lambda row: row.created_at <= until, read))
    return Batch(taken[-1].id if taken else after, taken, len(taken) == SIZE)
