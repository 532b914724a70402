"""refresh_stale_release: a roll that was loaded long ago is asked for anew."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from workers import concord_api, counties
from workers.ai_ml.healing.remedy import Over, Remedy, Visit
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.reach import reachable

Json = dict[str, Any]

PRIORITY = 3  # whatever a client waits for goes first
SECONDS = 3_600


def look(visit: Visit) -> Iterator[tuple[str, str]]:
    for release in _stale(visit):
        yield release.release, _words(release, visit)


def mend(visit: Visit, target: str) -> str:
    release = next((release for release in _stale(visit) if release.release == target), None)
    if release is None:
        raise Over(f"{target} is not current any more, or was loaded lately.")
    try:
        asked = concord_api.post("/operations", _body(release), Idempotency_Key=_key(release), Prefer="respond-async")
    except concord_api.Conflict as error:
        raise Over(f"{_roll(release)} was asked for in another way: {error}") from error
    return f"Asked for {_roll(release)} anew: {asked['operation_id']} is {asked['status']}."


def _stale(visit: Visit) -> list[Release]:
    """The current releases of each county's newest year that were loaded so long ago, the oldest first."""
    with reachable():
        current = Release.objects.filter(state=ReleaseState.LOADED).order_by("year")
        newest = {(release.file_type, release.county_no): release for release in current}
    long_ago = timezone.now() - timedelta(days=visit.stale_after_days)
    return sorted((release for release in newest.values() if _loaded_at(release) < long_ago), key=_loaded_at)


def _loaded_at(release: Release) -> datetime:
    return release.loaded_at or release.created_at


def _body(release: Release) -> Json:
    """The same for the same release, as its idempotency key demands."""
    return {
        "operation_type": "data_pipeline",
        "parameters": {"counties": [counties.BY_NO[release.county_no].name], "file_types": [release.file_type]},
        "priority": PRIORITY,
        "timeout_seconds": SECONDS,
        "metadata": {"asked_by": "execute_self_healing", "stale_release": release.release},
    }


def _key(release: Release) -> str:
    return f"refresh:{release.release}:{release.dataset_sha256[:16]}"


def _roll(release: Release) -> str:
    return f"the {release.file_type} of {counties.BY_NO[release.county_no].name}"


def _words(release: Release, visit: Visit) -> str:
    days = (timezone.now() - _loaded_at(release)).days
    return (
        f"{release.release}, {_roll(release)}, was loaded {days} days ago; after {visit.stale_after_days} days it is "
        "to be asked for anew."
    )


REMEDY = Remedy("refresh_stale_release", "asks for rolls that were loaded long ago anew", look, mend)
