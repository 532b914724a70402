"""When to try again. Full jitter: a random moment in a window that doubles, so that many do not come back at once."""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

BASE = 0.5  # seconds
LONGEST = 30.0
POLL_FIRST = 0.25
POLL_LONGEST = 5.0


def left(attempts: int) -> bool:
    """May a step that was tried ``attempts`` times be tried again?"""
    return attempts <= settings.MAX_RETRIES


def next_attempt(attempts: int, retry_after: float | None = None) -> datetime:
    """When to make the attempt after the first ``attempts``; not before the worker said (seconds)."""
    window = min(LONGEST, BASE * 2**attempts)
    return _in(max(random.uniform(0, window), retry_after or 0.0))  # noqa: S311


def next_knock(retry_after: float | None = None) -> datetime:
    """When to ask again a worker that is away or full; not before it said (seconds)."""
    return _in((retry_after or 0.5) + random.uniform(0, 1))  # noqa: S311


def next_question(started_at: datetime | None) -> datetime:
    """When to ask again after a long call: often while it is young, every five seconds at last."""
    age = (timezone.now() - started_at).total_seconds() if started_at else 0.0
    return _in(min(POLL_LONGEST, max(POLL_FIRST, age / 10)))


def _in(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
