"""Closes the sockets of those whose credential has ended: at once where that is announced, else within seconds."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error
from django.utils import timezone
from redis import asyncio as redis
from redis.exceptions import RedisError

from concord.credentials import Credential, credential, ended
from operations.live import REVOKED

logger = logging.getLogger(__name__)

CLOSED = 4401  # as HTTP's 401: come again with a credential that is in force
LOOK_EVERY = 5.0  # seconds
LOOK_OFTEN = 0.5  # while Redis does not tell
TOGETHER = 0.05  # what is announced within this time is looked for at once


class Watch:
    """The sockets of one event loop. Looks for as long as there are any."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Event, Credential] = {}
        self._look_now = asyncio.Event()
        self._listening = False
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def of(self, seen: Credential) -> Iterator[asyncio.Event]:
        """An event that is set when ``seen`` is not in force any more."""
        over = asyncio.Event()
        self._open[over] = seen
        if self._task is None or self._task.done():
            self._look_now, self._listening = asyncio.Event(), False
            self._task = asyncio.create_task(self._look_from_time_to_time())
        elif seen.ends_at:
            self._look_now.set()  # it may end before the next look
        try:
            yield over
        finally:
            del self._open[over]

    async def _look_from_time_to_time(self) -> None:
        listener = asyncio.create_task(self._listen())
        try:
            while self._open:
                await self._until_next_look()
                await self._look()
        finally:
            listener.cancel()

    async def _until_next_look(self) -> None:
        pause = LOOK_EVERY if self._listening else LOOK_OFTEN
        ends = min((seen.ends_at for seen in self._open.values() if seen.ends_at), default=None)
        if ends:
            pause = max(0.0, min(pause, (ends - timezone.now()).total_seconds()))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._look_now.wait(), pause)
        await asyncio.sleep(TOGETHER)
        self._look_now.clear()

    async def _look(self) -> None:
        try:
            over = await database_sync_to_async(ended)(set(self._open.values()))
        except Error as error:
            logger.warning("The database cannot say whose sockets must close: %s", error)
            return
        for event, seen in self._open.items():
            if seen in over:
                event.set()

    async def _listen(self) -> None:
        """Hear that some credential is not what it was; again, after a moment, where Redis goes away."""
        while True:
            try:
                async with redis.from_url(settings.REDIS_URL) as client, client.pubsub() as subscription:
                    await subscription.subscribe(REVOKED)
                    async for _ in subscription.listen():  # the first says that we are heard
                        self._listening = True
                        self._look_now.set()
            except (RedisError, OSError) as error:
                logger.warning("Redis is away; the database is asked whose sockets must close: %s", error)
            finally:
                self._listening = False
            await asyncio.sleep(1)


class Guard:
    """Wraps the application of the sockets, inside what finds out who is there."""

    def __init__(self, application: Any):
        self.application = application
        self.watch = Watch()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        seen = await database_sync_to_async(credential)(scope)
        if seen is None:
            await self.application(scope, receive, send)
            return
        with self.watch.of(seen) as over:
            await self.application(scope, _until(over, receive, send), send)


def _until(over: asyncio.Event, receive: Any, send: Any) -> Any:
    """A ``receive`` that closes the socket, and tells the application that it did, once it is over."""

    async def receiving() -> Any:
        coming, ending = asyncio.ensure_future(receive()), asyncio.ensure_future(over.wait())
        try:
            await asyncio.wait({coming, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not over.is_set():
                return coming.result()
        finally:
            coming.cancel()
            ending.cancel()
        await send({"type": "websocket.close", "code": CLOSED, "reason": "The credential has ended."})
        return {"type": "websocket.disconnect", "code": CLOSED}

    return receiving
