"""Trouble for the workers' actions: a warehouse that goes away or lacks a table, and how a caller over HTTP sees it."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from django.db import OperationalError, connections

from tests.serving import serve
from tests.workers.service.conftest import Caller
from workers.contract import Call, Worker

Json = dict[str, Any]


@contextlib.contextmanager
def warehouse_away(after: int = 0) -> Iterator[None]:
    """Inside the block the warehouse answers ``after`` statements and no more, as when its server went away."""
    numbers = itertools.count()

    def refuse(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        # SQLite needs no file for what is set for the connection.
        if sql.startswith("PRAGMA query_only") or next(numbers) < after:
            return execute(sql, *arguments)
        raise OperationalError("server closed the connection unexpectedly\n\tThis probably means that it was stopped.")

    with connections["warehouse"].execute_wrapper(refuse):
        yield


def cut_off(*progress: object) -> None:
    """End this thread's connection to the warehouse, as a PostgreSQL server does that is stopped."""
    connection = connections["warehouse"]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    other.close()


@contextlib.contextmanager
def without_table(name: str) -> Iterator[None]:
    """Inside the block the warehouse lacks the table ``name``."""
    _rename(name, "elsewhere")
    try:
        yield
    finally:
        _rename("elsewhere", name)


def _rename(old: str, new: str) -> None:
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")


class Withdrawn(Call):
    """A call that is withdrawn once it told of a progress whose message begins with ``at``, while that goes on."""

    def __init__(self, at: str):
        super().__init__()
        self.at = at

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        self.check()
        if message.startswith(self.at):
            self.cancelled.set()


def answer(worker: Worker, action: str, parameters: Json) -> tuple[int, Json]:
    """The status and the body with which the worker's service answers a call over HTTP. See `tests.serving`."""
    with serve(worker) as url, Caller(url) as caller:
        response = caller.act(action, parameters, prefer="wait=25")
        return response.status_code, response.json()
