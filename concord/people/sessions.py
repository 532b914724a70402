"""The sessions of a person: listing them, and ending them."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from concord.addresses import client_address
from concord.people import signals
from concord.people.models import Session
from concord.people.session_store import STARTED

ADDRESS, BROWSER = "address", "browser"
COARSE = {4: 24, 6: 48}
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Seen:
    """A session as its owner sees it. ``handle`` names it without being its key."""

    handle: str
    browser: str
    address: str
    started: datetime | None
    last_used: datetime
    is_this: bool


def describe(request: HttpRequest) -> dict[str, str]:
    """What a session keeps of where it began: the browser's kind, and the address without its last part."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    browser = _first(BROWSERS, agent) or "Unknown browser"
    system = _first(SYSTEMS, agent)
    return {ADDRESS: coarse(client_address(request)), BROWSER: f"{browser} on {system}" if system else browser}


def coarse(address: str) -> str:
    """An address without the part that tells one subscriber from the next, such as 203.0.113.0/24."""
    if not address:
        return ""
    given = ipaddress.ip_address(address)
    if given.is_loopback:
        return "this machine"
    return str(ipaddress.ip_network((address, COARSE[given.version]), strict=False))


def listed(user: User, this: str | None) -> list[Seen]:
    """The person's sessions that are not over, that with the key ``this`` first, then the newest."""
    found = [_seen(row, this) for row in _alive(user)]
    return sorted(found, key=lambda seen: (seen.is_this, seen.last_used), reverse=True)


def end(user: User, handle: str, request: HttpRequest) -> int:
    """End the session that is called ``handle``. Returns how many that were."""
    keys = [row.session_key for row in _alive(user) if _handle(row.session_key) == handle]
    return _delete(Session.objects.filter(user=user, session_key__in=keys), user, "ended", request)


def end_all(user: User, reason: str, request: HttpRequest | None = None, keep: str | None = None) -> int:
    """End the person's sessions, but that with the key ``keep``. Returns how many that were."""
    return _delete(Session.objects.filter(user=user).exclude(session_key=keep or ""), user, reason, request)


def forget_ended() -> int:
    """Delete the rows of sessions that are over. Returns how many."""
    idle = timezone.now() - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    over = Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
    return over + Session.objects.filter(user__isnull=False, last_used__lt=idle).delete()[0]


def _alive(user: User) -> QuerySet[Session]:
    idle = timezone.now() - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return Session.objects.filter(user=user, expire_date__gt=timezone.now(), last_used__gt=idle)


def _seen(row: Session, this: str | None) -> Seen:
    kept = row.get_decoded()
    began = datetime.fromtimestamp(kept[STARTED], tz=UTC) if STARTED in kept else None
    is_this = row.session_key == this
    browser, address = kept.get(BROWSER, "Unknown browser"), kept.get(ADDRESS, "")
    return Seen(_handle(row.session_key), browser, address, began, row.last_used, is_this)


def _delete(rows: QuerySet[Session], user: User, reason: str, request: HttpRequest | None) -> int:
    if count := rows.delete()[0]:
        signals.session_ended.send(User, user=user, request=request, count=count, reason=reason)
    return count


def _handle(key: str) -> str:
    return salted_hmac("concord.people.sessions", key, algorithm="sha256").hexdigest()[:32]


def _first(patterns: Iterable[tuple[str, str]], agent: str) -> str:
    return next((name for pattern, name in patterns if re.search(pattern, agent)), "")
