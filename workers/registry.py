"""Which workers there are, what they can do, and whether it makes sense to call them now."""

import time
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, F
from django.db.models.functions import Coalesce
from django.utils import timezone

from workers import client
from workers.models import RegisteredWorker

Json = dict[str, Any]

FRESH = 5.0  # seconds in which a process does not read the registry again
TRIPS_AFTER = 5  # failed calls in a row
OPEN_FOR = timedelta(seconds=5)

_cache: dict[str, RegisteredWorker] = {}
_cached_until = 0.0


def workers() -> dict[str, RegisteredWorker]:
    """The enabled workers by name, as read at most five seconds ago."""
    global _cached_until
    if time.monotonic() >= _cached_until:
        rows = RegisteredWorker.objects.filter(enabled=True)
        _cache.clear()
        _cache.update({row.name: row for row in rows})
        _cached_until = time.monotonic() + FRESH
    return _cache


def forget() -> None:
    """Read the registry anew next time."""
    global _cached_until
    _cached_until = 0.0


def action(worker: str, name: str) -> Json | None:
    """What the manifest says of an action; None if there is no such worker or action."""
    row = workers().get(worker)
    if row is None:
        return None
    return next((action for action in actions(row) if action["name"] == name), None)


def actions(row: RegisteredWorker) -> list[Json]:
    """What a worker's manifest says it can do; nothing as long as it has not been reached."""
    if not row.manifest:
        refresh(row)
    return row.manifest.get("actions", [])


def unknown(worker: str, name: str) -> str:
    """A sentence for a worker or action that is not there, naming the nearest one that is."""
    row = workers().get(worker)
    if row is None:
        return f"there is no worker {worker!r}{_nearest(worker, list(workers()))}"
    if not row.manifest:
        return f"the worker {worker!r} has not said yet what it can do ({row.error or 'not asked'})"
    names = [action["name"] for action in row.manifest.get("actions", [])]
    return f"the worker {worker!r} has no action {name!r}{_nearest(name, names)}"


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, 1)
    return f" (did you mean {near[0]!r}?)" if near else f" (there are {', '.join(names) or 'none'})"


def register_configured() -> None:
    """Make sure that the workers of the settings are registered where the settings say they are."""
    for name, url in settings.WORKER_URLS.items():
        row, created = RegisteredWorker.objects.get_or_create(name=name, defaults={"url": url})
        if not created and row.url != url:
            row.url, row.manifest, row.healthy = url, {}, None
            row.save(update_fields=["url", "manifest", "healthy"])
    forget()


def refresh(row: RegisteredWorker, *, anew: bool = False) -> None:
    """Ask a worker for its health, and for its manifest where that is new, or in any case (``anew``)."""
    try:
        version = client.health(row.url)["version"]
        if anew or not row.manifest or row.manifest.get("version") != version:
            row.manifest = client.manifest(row.url)
        row.healthy, row.error = True, ""
    except client.Unreachable as error:
        row.healthy, row.error = False, str(error)
    row.checked_at = timezone.now()
    row.save(update_fields=["manifest", "healthy", "error", "checked_at"])


def succeeded(name: str) -> None:
    """A call was answered: the circuit is closed."""
    row = workers().get(name)
    if row and row.failures:
        row.failures, row.away_since, row.open_until = 0, None, None
        row.save(update_fields=["failures", "away_since", "open_until"])


def failed(name: str) -> None:
    """A call was not answered, or the worker was too busy. After five in a row the circuit opens for a while."""
    now = timezone.now()
    rows = RegisteredWorker.objects.filter(pk=name)
    rows.update(failures=F("failures") + 1, away_since=Coalesce("away_since", now, output_field=DateTimeField()))
    rows.filter(failures__gte=TRIPS_AFTER).update(open_until=now + OPEN_FOR)
    forget()


def close(name: str, failures: int) -> bool:
    """Close the circuit of a worker whose calls failed so many times in a row. False if it is not as many now."""
    row = RegisteredWorker.objects.filter(pk=name, failures=failures)
    closed = bool(row.update(failures=0, away_since=None, open_until=None))
    forget()
    return closed


def away_for(name: str) -> timedelta:
    """How long the worker's calls have been failing, one after the other."""
    row = workers().get(name)
    return timezone.now() - row.away_since if row and row.away_since else timedelta(0)


def closed_at(name: str) -> datetime | None:
    """When the worker may be called again; None: now."""
    row = workers().get(name)
    if row is None or row.open_until is None or row.open_until <= timezone.now():
        return None
    return row.open_until
