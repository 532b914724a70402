"""Programs that may call the API, and the requests that they may safely repeat."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from operations import live
from operations.audit.watching import WatchedQuerySet
from operations.states import OperationType

PREFIX = "ck_"
# What each scope lets a key do. Without any it reads its own operations.
SCOPES: dict[str, str] = {
    "start": "start operations of any type, cancel and retry its own",
    **{f"start:{value}": f"the same for operations of the type {value} alone" for value in OperationType.values},
    "read_all": "see the operations of all, and the metrics",
    "decide": "decide escalations, comment, and act on the operations of others",
    "mend": "ring for operations that are stuck, and close the circuits of workers",
    "admin": "register workers",
    "metrics": "read the metrics",
    "audit": "read the audit trail",
}
USUAL = ("start",)


class StillRotating(Exception):
    """The secret before the newest one still works."""


class ApiKeyQuerySet(WatchedQuerySet):
    def issue(
        self, name: str, scopes: list[str] | None = None, expires_at: datetime | None = None
    ) -> "tuple[ApiKey, str]":
        """Make a key for the client ``name``; by default it may start operations.

        Returns the row and the key itself, which is kept nowhere.
        """
        key = _secret()
        given = list(USUAL) if scopes is None else scopes
        return self.create(name=name, scopes=given, expires_at=expires_at, **_kept(key)), key

    def adopt(self, name: str, key: str, scopes: list[str]) -> "ApiKey":
        """Let the client ``name`` use ``key``, which was made elsewhere, in place of any other that it had.

        A key that it has already gets these scopes, and stays revoked if it was.
        """
        row, is_new = self.get_or_create(name=name, defaults={"scopes": scopes, **_kept(key)})
        if not is_new and row.digest != digest(key):
            self.filter(pk=row.pk).update(scopes=scopes, revoked_at=None, **_kept(key), **NO_OLD)
            row.refresh_from_db()
        elif row.scopes != scopes:
            row.scopes = scopes
            row.save(update_fields=["scopes"])
        return row

    def find(self, key: str) -> "ApiKey | None":
        """The client that ``key`` belongs to, if it is in force. Its ``shown`` is the digest of that very secret."""
        shown = digest(key)
        rows = self.filter(Q(digest=shown) | Q(old_digest=shown))
        for row in rows:  # one at most: no order to ask for
            row.shown = shown
            return row if row.is_in_force(shown) else None
        return None

    def in_force(self) -> Self:
        """Those that are neither revoked nor over."""
        now = timezone.now()
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)

    def change(self, key: "ApiKey", fields: Iterable[str]) -> None:
        """Save these fields of ``key``; whoever waits or listens with it is looked at again."""
        with transaction.atomic():
            live.announce_revocation()
            key.save(update_fields=list(fields))

    def revoke(self) -> int:
        """Refuse these keys from now on, also to clients that wait or listen. Returns how many were in force."""
        with transaction.atomic():
            live.announce_revocation()
            return self.filter(revoked_at=None).update(revoked_at=timezone.now())


def digest(key: str) -> str:
    """What is kept of a key. A plain hash will do: a key has 256 random bits, nothing to guess from."""
    return hashlib.sha256(key.encode()).hexdigest()


def _secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _kept(key: str) -> dict[str, str]:
    return {"prefix": key[:11], "digest": digest(key)}


NO_OLD: dict[str, Any] = {"old_prefix": "", "old_digest": None, "old_until": None, "old_used_at": None}


class ApiKey(models.Model):
    """A client's key; only hashes are kept. While it is rotated it has two secrets, of which the old one soon ends."""

    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on it is refused; empty: never")
    revoked_at = models.DateTimeField(null=True, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When its secret was made anew")
    old_prefix = models.CharField(max_length=16, blank=True, default="", db_default="", editable=False)
    old_digest = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    old_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="Until then the old one works")
    old_used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When the old one last did")

    objects = ApiKeyQuerySet.as_manager()

    is_client = True
    # DRF asks these of whoever made a request.
    is_authenticated = True
    is_anonymous = False
    shown = ""  # the digest of the secret that a request came with

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    def ends_at(self, shown: str = "") -> datetime | None:
        """When the secret of this digest, by default the newest, is refused from; None if never."""
        ends = [self.expires_at, self.old_until if shown and shown == self.old_digest else None]
        return min((end for end in ends if end), default=None)

    def is_in_force(self, shown: str = "") -> bool:
        """Is the secret of this digest, by default the newest, taken now?"""
        if self.revoked_at or shown not in ("", self.digest, self.old_digest):
            return False
        end = self.ends_at(shown)
        return end is None or end > timezone.now()

    @property
    def state(self) -> str:
        """In a word: in force, rotating, expired or revoked."""
        if self.revoked_at:
            return "revoked"
        if not self.is_in_force():
            return "expired"
        return "rotating" if self.old_until and self.old_until > timezone.now() else "in force"

    def rotate(self, overlap: timedelta) -> str:
        """Make another secret and return it; the one before works for the ``overlap`` still.

        Raises `StillRotating` where yet another one would be cut off by that; without an overlap all before end now.
        """
        now = timezone.now()
        if overlap and self.state == "rotating":
            raise StillRotating(
                f"Its old secret ({self.old_prefix}…) works until {self.old_until:%Y-%m-%d %H:%M} UTC. "
                "Wait for that, or rotate without an overlap: then only the new secret works."
            )
        key = _secret()
        old = {"old_prefix": F("prefix"), "old_digest": F("digest"), "old_used_at": F("last_used_at")}
        kept = old | {"old_until": now + overlap} if overlap else NO_OLD
        with transaction.atomic():
            row = ApiKey.objects.in_force().filter(pk=self.pk, digest=self.digest)
            if not row.update(**kept, **_kept(key), last_used_at=None, rotated_at=now):
                raise StillRotating("It was revoked, has expired, or was rotated by somebody else at this moment.")
            live.announce_revocation()
        self.refresh_from_db()
        return key


class Anyone:
    """Whoever calls without a key where `API_KEY_REQUIRED=false`. Sees the operations that belong to nobody."""

    pk = None
    name = "anyone"
    scopes = ("start", "metrics")  # what scripts that send no key did before there were scopes
    is_client = True
    is_authenticated = True
    is_anonymous = False

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    def ends_at(self, shown: str = "") -> None:
        return None


def week_from_now() -> datetime:
    return timezone.now() + timedelta(days=7)


class IdempotencyKey(models.Model):
    """A client's own name for a POST, so that repeating it gives the same operation. Kept for 7 days."""

    client = models.CharField(max_length=20, blank=True, help_text="The API key's id; empty where none was asked for")
    key = models.CharField(max_length=255)
    body_digest = models.CharField(max_length=64)
    operation = models.ForeignKey("operations.Operation", on_delete=models.CASCADE)
    expires_at = models.DateTimeField(default=week_from_now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="key_once_per_client")]

    def __str__(self) -> str:
        return self.key
