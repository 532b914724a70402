"""Programs that may call the API, and the requests that they may safely repeat."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from operations import live

PREFIX = "ck_"
SCOPES = ("read_all", "decide", "mend", "admin")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def issue(self, name: str, scopes: list[str] | None = None) -> "tuple[ApiKey, str]":
        """Make a key for the client ``name``. Returns the row and the key itself, which is kept nowhere."""
        key = PREFIX + secrets.token_urlsafe(32)
        return self.create(name=name, scopes=scopes or [], **_kept(key)), key

    def adopt(self, name: str, key: str, scopes: list[str]) -> "ApiKey":
        """Let the client ``name`` use ``key``, which was made elsewhere, in place of any other that it had.

        A key that it has already gets these scopes, and stays revoked if it was.
        """
        row, is_new = self.get_or_create(name=name, defaults={"scopes": scopes, **_kept(key)})
        if not is_new and row.digest != digest(key):
            self.filter(pk=row.pk).update(scopes=scopes, revoked_at=None, **_kept(key))
            row.refresh_from_db()
        elif row.scopes != scopes:
            row.scopes = scopes
            row.save(update_fields=["scopes"])
        return row

    def find(self, key: str) -> "ApiKey | None":
        """The client that ``key`` belongs to, if it is in force."""
        return next(iter(self.filter(digest=digest(key), revoked_at__isnull=True)), None)  # no order to ask for

    def revoke(self) -> int:
        """Refuse these keys from now on, also to clients that are waiting. Returns how many were in force."""
        with transaction.atomic():
            live.announce_revocation()
            return self.filter(revoked_at=None).update(revoked_at=timezone.now())


def digest(key: str) -> str:
    """What is kept of a key. A plain hash will do: a key has 256 random bits, nothing to guess from."""
    return hashlib.sha256(key.encode()).hexdigest()


def _kept(key: str) -> dict[str, str]:
    return {"prefix": key[:11], "digest": digest(key)}


class ApiKey(models.Model):
    """A client's key; only its hash is kept.

    Scopes: ``read_all`` (see others' operations), ``decide`` (decide escalations), ``mend`` (ring for operations that
    are stuck, close workers' circuits), ``admin`` (register workers).
    """

    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    # DRF asks these of whoever made a request.
    is_authenticated = True
    is_anonymous = False

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def may(self, scope: str) -> bool:
        return scope in self.scopes


class Anyone:
    """Whoever calls without a key where `API_KEY_REQUIRED=false`. Sees the operations that belong to no key."""

    pk = None
    name = "anyone"
    is_authenticated = True
    is_anonymous = False

    def may(self, scope: str) -> bool:
        return False


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
