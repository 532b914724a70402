"""Adding up what has happened since the last time, by the sweeper. Each row counts once, whatever dies when."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.dispatch import receiver
from django.utils import timezone

from concord.metrics import calls, decided, moves
from concord.metrics.batches import Batch
from concord.metrics.models import Mark
from operations.signals import round_made

logger = logging.getLogger(__name__)

EVERY = 5.0  # seconds
LONGEST = 0.5  # seconds at a time, where much has come together
# Rows become visible in the order of their transactions, not of their ids. By then they all have.
SETTLED = timedelta(seconds=5)
BEAT = "moves"  # its mark is written every time, and says with that that the sweeper lives
SOURCES: dict[str, Callable[[int, datetime], Batch]] = {BEAT: moves.read, "calls": calls.read, "decided": decided.read}
ADD = """
    INSERT INTO "metrics_tally" ("name", "labels", "part", "value") VALUES (%s, %s, %s, %s)
    ON CONFLICT ("name", "labels", "part") DO UPDATE SET "value" = "metrics_tally"."value" + excluded."value"
"""

_due = 0.0


@receiver(round_made)
def fold_if_due(sender: Any, **kwargs: Any) -> None:
    """Fold every few seconds. What goes wrong here keeps nobody from his round."""
    global _due
    if time.monotonic() < _due:
        return
    _due = time.monotonic() + EVERY
    try:
        fold(timezone.now() - SETTLED)
    except Exception:
        logger.exception("The metrics could not be added up this time")


def fold(until: datetime, seconds: float = LONGEST) -> None:
    """Add up the rows that were made until then, for ``seconds`` at most; the rest is left for the next time."""
    end = time.monotonic() + seconds
    for source in SOURCES:
        while _fold(source, until) and time.monotonic() < end:
            pass


def _fold(source: str, until: datetime) -> bool:
    """Add up the next rows of a source. Is there more of it?"""
    mark, _ = Mark.objects.get_or_create(source=source)
    batch = SOURCES[source](mark.upto, until)
    if batch.upto == mark.upto and source != BEAT:
        return False
    with transaction.atomic():
        # Of two sweepers that read the same rows, one adds them.
        mine = Mark.objects.filter(source=source, upto=mark.upto)
        if not mine.update(upto=batch.upto, seen_at=timezone.now()):
            return False
        with connection.cursor() as cursor:
            cursor.executemany(ADD, [(*key, value) for key, value in sorted(batch.rise.values.items())])
    return batch.is_full
