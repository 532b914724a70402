"""Daemon threads for what may block: an action that ignores its cancellation must not keep the process from ending."""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connections

IDLE_SECONDS = 60  # after which a thread gives its database connections back


class Pool:
    """Up to ``size`` threads, started as they are needed. Each has its own database connections."""

    def __init__(self, name: str, size: int):
        self.name = name
        self.size = size
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def submit(self, job: Callable[[], None]) -> None:
        """Run ``job``, which must not raise, in the next free thread. Call it from one thread only."""
        self._jobs.put(job)
        if not self._idle.acquire(blocking=False) and len(self._threads) < self.size:
            thread = threading.Thread(target=self._work, name=f"{self.name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What ``function`` returns or raises, without holding the event loop."""
        loop = asyncio.get_running_loop()
        answer = loop.create_future()

        def job() -> None:
            try:
                result = function(*arguments)
            except Exception as error:  # noqa: BLE001 (it is raised where it was asked for)
                tell(loop, _settle, answer, None, error)
            else:
                tell(loop, _settle, answer, result, None)

        self.submit(job)
        return await answer

    def close(self, timeout: float) -> None:
        """Let the threads end after what they do, and wait up to ``timeout`` seconds for that."""
        for _ in self._threads:
            self._jobs.put(None)
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0, end - time.monotonic()))

    def _work(self) -> None:
        try:
            while job := self._next():
                close_old_connections()
                job()
                close_old_connections()
                self._idle.release()
        finally:
            connections.close_all()

    def _next(self) -> Callable[[], None] | None:
        try:
            return self._jobs.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            connections.close_all()
            return self._jobs.get()


def tell(loop: asyncio.AbstractEventLoop, function: Callable[..., Any], *arguments: Any) -> None:
    """Call ``function`` on the event loop; after the loop has closed nobody listens any more."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *arguments)


def _settle(future: asyncio.Future, result: Any, error: Exception | None) -> None:
    if future.done():  # whoever waited has gone
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
