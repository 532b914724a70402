"""drop_orphaned_staging: rows of a roll whose loading began, never ended, and is not under way."""

from collections.abc import Iterator

from django.db.models.functions import Now
from django.utils import timezone

from workers.ai_ml.healing.remedy import Over, Remedy, Visit
from workers.models import CallRecord, CallStatus, Release
from workers.service.records import DEAD_AFTER
from workers.warehouse import releases, staging
from workers.warehouse.reach import reachable
from workers.warehouse.turns import Taken


def look(visit: Visit) -> Iterator[tuple[str, str]]:
    with reachable():
        for release in staging.left_over():
            if not _is_called_for(release) and not staging.is_being_loaded(visit.call, release):
                yield _target(release), _words(release)


def mend(visit: Visit, target: str) -> str:
    with reachable():
        release = _release(target)
        if release is None:
            raise Over(f"{target} is not there any more.")
        if _is_called_for(release):
            raise Taken(f"{release.release} is being loaded; it is left alone")
        rows = staging.discard(visit.call, release)
    if rows is None:
        raise Over(f"{release.release} is staged no longer, or has not been for long enough.")
    return f"Removed {target}, what was staged of {release.release}: {rows:,} rows."


def _is_called_for(release: Release) -> bool:
    """Does a living call say that it loads the release?"""
    alive = CallRecord.objects.filter(status=CallStatus.RUNNING, seen_at__gte=Now() - DEAD_AFTER)
    return alive.filter(message__contains=release.release).exists()


def _target(release: Release) -> str:
    """The table that PostgreSQL stages the release in. On SQLite the number alone marks its rows."""
    return f"{release.table}_{release.pk}"


def _release(target: str) -> Release | None:
    table, _, number = target.rpartition("_")
    if not number.isascii() or not number.isdigit():
        return None
    return Release.objects.filter(table=table, pk=int(number[:18])).first()


def _words(release: Release) -> str:
    days = (timezone.now() - release.created_at).days
    return (
        f"{release.release} was staged {days} days ago and never became visible: {releases.count(release):,} rows in "
        f"{release.table!r}, and nobody is loading them."
    )


REMEDY = Remedy(
    "drop_orphaned_staging", "removes what interrupted loads left in the warehouse", look, mend, destructive=True
)
