"""Work that one call at a time does, over all replicas: a lock that a process which dies lets go of by itself."""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import Error, connections

from workers.contract import Call, TryLater
from workers.warehouse.reach import reachable

RETRY_SECONDS = 0.2


@contextmanager
def alone(call: Call, work: str) -> Iterator[None]:
    """Wait until nobody else does ``work``, then hold it. Without a name nothing is waited for.

    Raises `Cancelled` if the call is withdrawn meanwhile. On PostgreSQL the lock lies in the warehouse and belongs to
    this thread's connection: where that breaks, another may do the same work again, which costs time and changes
    nothing. On SQLite, whose replicas are on one machine, it is a file.
    """
    if not work:
        yield
    elif connections["warehouse"].vendor == "postgresql":
        yield from _in_the_warehouse(call, f"work:{work}")
    else:
        yield from _in_a_file(call, work)


def _in_the_warehouse(call: Call, name: str) -> Iterator[None]:
    while not _asked("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name):
        call.check()
        time.sleep(RETRY_SECONDS)
    try:
        yield
    finally:
        with suppress(Error, TryLater):  # a broken connection has let go already
            _asked("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def _asked(statement: str, name: str) -> bool:
    with reachable(), connections["warehouse"].cursor() as cursor:
        cursor.execute(statement, [name])
        return bool(cursor.fetchone()[0])


def _in_a_file(call: Call, name: str) -> Iterator[None]:
    # A few thousand files at most: two pieces of work that share one only wait for each other.
    path = settings.VAR / "locks" / hashlib.sha256(name.encode()).hexdigest()[:3]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        while not _locked(file.fileno()):
            call.check()
            time.sleep(RETRY_SECONDS)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
