"""What lets a socket's listener in, as it was when it came, and which of these are not in force any more."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import User
from django.utils import timezone

from operations.models import ApiKey


@dataclass(frozen=True)
class OfKey:
    """A secret of an API key, with the scopes that it had."""

    key: int
    shown: str
    scopes: tuple[str, ...]
    ends_at: datetime | None


@dataclass(frozen=True)
class OfPerson:
    """A person's session, with the permissions and the password that he had (of that a hash)."""

    person: int
    session: str
    password: str
    permissions: frozenset[str]
    ends_at: datetime | None = None  # a session's end moves: it is looked for


Credential = OfKey | OfPerson


def credential(scope: Any) -> Credential | None:
    """Of who opens a socket; None where nobody is known, and so nothing can end."""
    caller = scope.get("user")
    if isinstance(caller, ApiKey):
        return OfKey(caller.pk, caller.shown, tuple(caller.scopes), caller.ends_at(caller.shown))
    if not getattr(caller, "pk", None):
        return None
    session = scope["session"]
    permissions = frozenset(caller.get_all_permissions())
    return OfPerson(caller.pk, session.session_key, session.get(HASH_SESSION_KEY, ""), permissions)


def ended(credentials: Collection[Credential]) -> set[Credential]:
    """Those that are not in force any more, or not with the same rights. A handful of queries for many."""
    return _ended_keys([one for one in credentials if isinstance(one, OfKey)]) | _ended_sessions(
        [one for one in credentials if isinstance(one, OfPerson)]
    )


def _ended_keys(credentials: list[OfKey]) -> set[Credential]:
    if not credentials:
        return set()
    rows = {row.pk: row for row in ApiKey.objects.filter(pk__in={one.key for one in credentials})}

    def holds(one: OfKey) -> bool:
        row = rows.get(one.key)
        return bool(row and row.is_in_force(one.shown) and tuple(row.scopes) == one.scopes)

    return {one for one in credentials if not holds(one)}


def _ended_sessions(credentials: list[OfPerson]) -> set[Credential]:
    if not credentials:
        return set()
    people = User.objects.filter(pk__in={one.person for one in credentials}, is_active=True)
    known = {person.pk: (person.get_session_auth_hash(), person.get_all_permissions()) for person in people}
    sessions = _alive({one.session for one in credentials})

    def holds(one: OfPerson) -> bool:
        return one.session in sessions and known.get(one.person) == (one.password, one.permissions)

    return {one for one in credentials if not holds(one)}


def _alive(keys: set[str]) -> set[str]:
    """Those of these sessions that are not over. Looking is no use of them."""
    now = timezone.now()
    idle = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    model = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    rows = model.objects.filter(session_key__in=keys, expire_date__gt=now, last_used__gt=idle)
    return set(rows.values_list("session_key", flat=True))
