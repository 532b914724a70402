"""Releases whose loading never ended: their rows are there, readers do not see them, and nobody is at it."""

from datetime import timedelta

from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone

from workers.contract import Call
from workers.warehouse import ALIAS, postgresql, sqlite
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.turns import Taken, turn

CLEAR = {"postgresql": postgresql.clear, "sqlite": sqlite.clear}
STAGED_FOR = timedelta(days=1)  # the longest that an operation may take
MOMENT = 5.0  # seconds to wait for a turn


def left_over() -> QuerySet[Release]:
    """The releases that have been staged for longer than any operation takes, the oldest first."""
    long_ago = timezone.now() - STAGED_FOR
    return Release.objects.filter(state=ReleaseState.STAGED, created_at__lt=long_ago).order_by("created_at", "pk")


def is_being_loaded(call: Call, release: Release) -> bool:
    """Has somebody the turn in which the release could be loaded?"""
    try:
        with turn(call, release.roll, within=0):
            return False
    except Taken:
        return True


def discard(call: Call, release: Release) -> int | None:
    """Remove a left-over release with its rows, in its turn. Returns how many rows it had; None if it is left over
    no more, and then nothing was removed.

    Who loads the same file later begins anew. Raises `Taken` while it is somebody else's turn, and the database's
    errors.
    """
    with turn(call, release.roll, within=MOMENT):
        if not left_over().filter(pk=release.pk).exists():
            return None
        rows = CLEAR[connections[ALIAS].vendor](call, release)
        Release.objects.filter(pk=release.pk, state=ReleaseState.STAGED).delete()
        return rows
