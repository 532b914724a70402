"""Whose turn it is to load: a lock that a process which dies lets go of by itself."""

import fcntl
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections, transaction

from workers.contract import Call, TryLater
from workers.warehouse import ALIAS

RETRY_SECONDS = 0.2


class Taken(TryLater):
    """It is somebody else's turn, and for longer than there was to wait."""


@contextmanager
def turn(call: Call, roll: str, *, within: float = math.inf) -> Iterator[None]:
    """Wait until nobody else loads ``roll``, then hold the turn.

    Raises `Cancelled` if the call is withdrawn meanwhile, `Taken` if it takes more than ``within`` seconds.

    On PostgreSQL the turn is one transaction, so that what is done in it becomes visible together or not at all. On
    SQLite, where every writer waits for every other, there is one turn for all rolls, and it holds no transaction.
    """
    if connections[ALIAS].vendor == "postgresql":
        with transaction.atomic(using=ALIAS):
            _wait(call, lambda: _advisory_lock(roll), within)
            yield
    else:
        with (Path(settings.VAR) / "warehouse.lock").open("w") as file:
            _wait(call, lambda: _file_lock(file.fileno()), within)
            yield


def _wait(call: Call, acquired: Callable[[], bool], within: float) -> None:
    until = time.monotonic() + within
    while not acquired():
        call.check()
        if time.monotonic() >= until:
            raise Taken("rolls are being loaded; their turn is not over yet")
        time.sleep(RETRY_SECONDS)


def _advisory_lock(roll: str) -> bool:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"warehouse:{roll}"])
        return bool(cursor.fetchone()[0])


def _file_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
