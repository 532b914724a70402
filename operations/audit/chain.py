"""The chain: each entry is sealed with what it says and the seal of the one before it.

Writers do not wait for each other: entries are written without a place, and the sealer gives the committed ones their
numbers in order, under one lock; who commits late gets the next number. A seal is an HMAC, with a key derived from
SECRET_KEY: who can write to the database alone cannot make another chain. Who has the key as well can, and whoever has
the database can cut the end off: both are told by an anchor, the head as it was written into the log.
"""

import hmac
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.db import connections, transaction

from operations.audit.models import Entry
from operations.canonical import canonical

logger = logging.getLogger(__name__)

AT_ONCE = 500
LOCK = 0x636F6E63_61756469  # of PostgreSQL's advisory locks; SQLite's transactions are one at a time anyway
CONTENT: tuple[str, ...] = ("actor_kind", "actor_id", "action", "target_kind", "target_id", "before", "after")
CONTENT += ("address", "request_id", "operation_id", "source", "reason_digest", "sequence", "previous", "key_id")
PURPOSE = b"concord audit trail"


@dataclass(frozen=True)
class Head:
    """The newest entry of the chain; written ``7:ab12…``."""

    sequence: int = 0
    hash: str = ""

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


def keys() -> dict[str, bytes]:
    """The keys by their ids, the one that seals first; those of SECRET_KEY_FALLBACKS only verify."""
    derived = [
        hmac.new(secret.encode(), PURPOSE, sha256).digest()
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return {sha256(key).hexdigest()[:8]: key for key in derived}


def head() -> Head:
    """The newest entry that has a place."""
    newest = Entry.objects.filter(sequence__isnull=False).order_by("-sequence")
    return Head(*(newest.values_list("sequence", "hash").first() or ()))


def seal() -> int:
    """Give every committed entry its place. Returns how many got one."""
    sealed = 0
    while number := _seal_some():
        sealed += number
        if number < AT_ONCE:
            break
    return sealed


def _seal_some() -> int:
    if not Entry.objects.filter(sequence=None).exists():
        return 0
    key_id, key = next(iter(keys().items()))
    with transaction.atomic(using=Entry.objects.db):
        _lock()
        last = head()
        rows = list(Entry.objects.filter(sequence=None).order_by("id")[:AT_ONCE])
        for row in rows:
            row.sequence, row.previous, row.key_id = last.sequence + 1, last.hash, key_id
            row.reason_digest = digest_of(row, key)
            row.hash = hash_of(row, key)
            last = Head(row.sequence, row.hash)
        _write(rows)
    return len(rows)


def _lock() -> None:
    connection = connections[Entry.objects.db]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _write(rows: list[Entry]) -> None:
    statement = (
        'UPDATE "audit_entry" SET "sequence" = %s, "previous" = %s, "hash" = %s, "key_id" = %s, "reason_digest" = %s'
        ' WHERE "id" = %s AND "sequence" IS NULL'
    )
    values = [(row.sequence, row.previous, row.hash, row.key_id, row.reason_digest, row.pk) for row in rows]
    with connections[Entry.objects.db].cursor() as cursor:
        cursor.executemany(statement, values)


def hash_of(entry: Entry, key: bytes) -> str:
    """The seal: of all that an entry says, its number and the seal before it. Its words only by their digest."""
    said = {name: getattr(entry, name) for name in CONTENT} | {"id": entry.pk, "at": entry.at.isoformat()}
    return hmac.new(key, canonical(said), sha256).hexdigest()


def digest_of(entry: Entry, key: bytes) -> str:
    """What stands for an entry's reason in its seal; without the key nothing can be guessed from it."""
    return hmac.new(key, f"{entry.pk}\n{entry.reason}".encode(), sha256).hexdigest() if entry.reason else ""


def log_head() -> None:
    """Write the head into the log, from where it should go to another machine: the anchor to verify against."""
    seal()
    if (newest := head()).sequence:
        logger.info("The audit trail's head", extra={"anchor": str(newest)})


def entries() -> Iterator[Entry]:
    """All that have a place, in order; few at a time are in memory."""
    return Entry.objects.filter(sequence__isnull=False).order_by("sequence").iterator(chunk_size=1_000)
