"""Counts calls in Redis, one round trip each; while Redis is away, by the process alone, without waiting for it."""

import asyncio
import logging
import time
from collections.abc import Sequence

from django.conf import settings
from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from concord.limits.cells import SCRIPT, Alone, Bucket, Level, arguments, levels
from concord.metrics import families
from concord.metrics.process import figures

logger = logging.getLogger(__name__)

PATIENCE = 0.25  # seconds
PAUSE = 1.0  # seconds without asking Redis after it did not answer
CONNECTIONS = 32


class Counting:
    """One for each process. Its connections belong to the event loop that used it last."""

    def __init__(self) -> None:
        self._alone = Alone()
        self._away_until = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._script: AsyncScript | None = None

    async def take(self, buckets: Sequence[Bucket]) -> list[Level]:
        """Charge all ``buckets``, or none of them if one is full; and tell how each stands. Never raises."""
        if time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(PATIENCE):
                    keys = [bucket.key for bucket in buckets]
                    return levels(buckets, await self._asked()(keys, arguments(buckets)))
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = time.monotonic() + PAUSE
                logger.warning("Redis is away; this process counts calls alone: %s", type(error).__name__)
        figures.add(lambda rise: rise.count(families.COUNTED_ALONE))
        return self._alone.take(buckets)

    def _asked(self) -> AsyncScript:
        loop = asyncio.get_running_loop()
        if self._script is None or self._loop is not loop:
            self._loop = loop
            pool = redis.BlockingConnectionPool.from_url(
                settings.REDIS_URL,
                max_connections=CONNECTIONS,
                timeout=PATIENCE,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
            )
            self._script = redis.Redis(connection_pool=pool).register_script(SCRIPT)
        return self._script
