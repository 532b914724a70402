"""Listening to a model that thinks in a thread, while this one keeps the claim on the operation and reads along."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, Queue
from typing import TypeVar

from django.db import connections

from operations.lease import Lease
from workers import tracing

T = TypeVar("T")

LOOK = 0.2  # seconds between looks at the lease while nothing comes
THREAD = "ask-model"


class NobodyListens(Exception):
    """Raised in the model's thread: the operation is in other hands, or the process stops."""


def listen(ask: Callable[[Callable[[str], None]], T], lease: Lease, on_text: Callable[[str], None]) -> T:
    """What ``ask(pass_on)`` returns or raises, its texts handed to ``on_text`` in this thread as they come.

    Raises `Superseded` or `HandedBack` as soon as the lease does, without waiting for the model.
    """
    lease.keep()
    said: Queue[str | None] = Queue()
    answer: Future[T] = Future()
    left = threading.Event()

    def pass_on(text: str) -> None:
        if left.is_set():
            raise NobodyListens
        said.put(text)

    def work() -> None:
        try:
            answer.set_result(ask(pass_on))
        except BaseException as error:  # noqa: BLE001 (it is raised where the answer is awaited)
            answer.set_exception(error)
        finally:
            connections.close_all()
            said.put(None)

    threading.Thread(target=tracing.carried(work), name=THREAD, daemon=True).start()
    try:
        while (text := _next(said, lease)) is not None:
            on_text(text)
    except BaseException:
        left.set()
        raise
    return answer.result()


def _next(said: "Queue[str | None]", lease: Lease) -> str | None:
    while True:
        lease.keep()
        try:
            return said.get(timeout=LOOK)
        except Empty:
            continue
