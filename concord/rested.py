"""Which operations have come to rest: one Redis subscription per process, and the database behind it.

A message may be lost, and Redis may be away; the database is asked from time to time for all that are waited for,
more often while there is no subscription, and once whenever a subscription begins. Where the message came, the
snapshot that was kept before it is the answer, unless a key was revoked in the meantime.
"""

import asyncio
import logging
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import cast

from django.conf import settings
from django.db import Error, connections
from redis import asyncio as redis
from redis.exceptions import RedisError

from operations.live import RESTED, REVOKED, snapshot_key
from operations.models import Operation
from operations.states import MOVING

logger = logging.getLogger(__name__)

REMEMBERED = 10.0  # seconds; a request must get from its commit to waiting in less
LOOK_EVERY = 2.0  # seconds between two looks into the database
LOOK_OFTEN = 0.25  # while there is no subscription
TOGETHER = 0.05  # those who begin to wait within this time are looked up with one query
BACKOFF_MOST = 5.0
AT_ONCE = 500  # ids in one query: SQLite takes no more than a thousand


class Rested:
    """Lets coroutines of one event loop wait for operations. Starts with the first that waits."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._heard: deque[tuple[float, str]] = deque()
        self._listening_since: float | None = None
        self._revoked_at = 0.0
        self._redis: redis.Redis | None = None
        self._look_now = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Task[None] | None = None
        self._looker: asyncio.Task[None] | None = None

    async def wait(self, operation_id: str, since: float) -> None:
        """Return when the operation has come to rest; it may have, at any time after ``since`` (monotonic)."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        if self._was_heard(operation_id, since):
            return
        event = asyncio.Event()
        self._waiting.setdefault(operation_id, set()).add(event)
        if self._looker is None or self._looker.done():
            self._looker = asyncio.create_task(self._look_from_time_to_time())
        if self._listening_since is None or self._listening_since > since:
            self._look_now.set()
        try:
            await event.wait()
        finally:
            self._forget(operation_id, event)

    async def snapshot(self, operation_id: str, since: float) -> bytes | None:
        """The operation's JSON as the API shows it to the client that has waited ``since`` then.

        None where it must be fetched: nothing was heard of its end, or the client's key may have been revoked.
        """
        listening = self._listening_since is not None and max(self._listening_since, self._revoked_at) <= since
        if self._redis is None or not listening or not self._was_heard(operation_id, since):
            return None
        try:
            return cast(bytes | None, await self._redis.get(snapshot_key(operation_id)))
        except (RedisError, OSError):
            return None

    async def close(self) -> None:
        """Stop listening and looking."""
        tasks = [task for task in (self._listener, self._looker) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def count(self) -> int:
        """How many requests are waiting."""
        return sum(len(events) for events in self._waiting.values())

    def _forget(self, operation_id: str, event: asyncio.Event) -> None:
        events = self._waiting[operation_id]
        events.discard(event)
        if not events:
            del self._waiting[operation_id]

    def _was_heard(self, operation_id: str, since: float) -> bool:
        return any(at >= since and heard == operation_id for at, heard in self._heard)

    def _hear(self, operation_id: str) -> None:
        now = time.monotonic()
        self._heard.append((now, operation_id))
        while self._heard[0][0] < now - REMEMBERED:
            self._heard.popleft()
        self._wake(operation_id)

    def _wake(self, operation_id: str) -> None:
        for event in self._waiting.get(operation_id, ()):
            event.set()

    async def _listen(self) -> None:
        """Subscribe, for as long as the process lives; again, with growing pauses, where Redis goes away."""
        pause = 0.1
        while True:
            try:
                async with redis.from_url(settings.REDIS_URL) as client, client.pubsub() as subscription:
                    self._redis = client
                    await subscription.subscribe(RESTED, REVOKED)
                    async for message in subscription.listen():
                        if message["type"] == "subscribe":
                            pause, self._listening_since = 0.1, time.monotonic()
                            self._look_now.set()
                        elif message["channel"] == REVOKED.encode():
                            self._revoked_at = time.monotonic()
                        else:
                            self._hear(message["data"].decode())
            except (RedisError, OSError) as error:
                logger.warning("Redis is away; the database is asked for the ends of operations: %s", error)
            finally:
                self._listening_since = self._redis = None
            self._look_now.set()
            await asyncio.sleep(pause)
            pause = min(pause * 2, BACKOFF_MOST)

    async def _look_from_time_to_time(self) -> None:
        """Ask the database for the operations that are waited for, until none is."""
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, thread_name_prefix="rested")
        try:
            while self._waiting:
                await self._until_next_look()
                for operation_id in await loop.run_in_executor(thread, resting, list(self._waiting)):
                    self._wake(operation_id)
        finally:
            thread.submit(connections.close_all)
            thread.shutdown(wait=False)

    async def _until_next_look(self) -> None:
        pause = LOOK_EVERY if self._listening_since else LOOK_OFTEN
        with suppress(TimeoutError):
            await asyncio.wait_for(self._look_now.wait(), pause)
        await asyncio.sleep(TOGETHER)
        self._look_now.clear()


def resting(operation_ids: list[str]) -> set[str]:
    """Which of these operations are at work no more, or are gone. Empty where the database cannot say."""
    moving: set[str] = set()
    try:
        for start in range(0, len(operation_ids), AT_ONCE):
            some = operation_ids[start : start + AT_ONCE]
            moving |= set(Operation.objects.filter(pk__in=some, status__in=MOVING).values_list("pk", flat=True))
    except Error as error:
        logger.warning("The database cannot say which operations have ended: %s", error)
        connections.close_all()
        return set()
    return set(operation_ids) - moving
