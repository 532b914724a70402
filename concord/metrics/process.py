"""What only a process knows: the requests that it answered, and its open sockets.

Requests are added to one hash in Redis, once a second: whichever process is scraped knows those of all, also of those
that have ended. A process that is killed takes its last second with it; an emptied Redis begins anew with 0, which
Prometheus takes for a restart. What could not be sent while Redis was away is sent later. A process says every few
seconds how many sockets it holds, and is believed only for a little longer.
"""

import atexit
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from concord.metrics.families import Key, Rise

logger = logging.getLogger(__name__)

FIGURES = "concord:metrics"
SOCKETS = "concord:metrics:sockets"
EVERY = 1.0  # seconds
BEAT = 5.0
BELIEVED = 15  # seconds, by Redis's clock
SAY = "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. redis.call('TIME')[1])"


def client() -> Redis:
    """A client of Redis that does not wait long."""
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )


class Figures:
    """This process's figures, on their way to Redis. A thread sends them, started by the first."""

    def __init__(self, connect: Callable[[], Redis] = client) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{id(self)}"
        self._connect = connect
        self._lock = threading.Lock()
        self._waiting = Rise()
        self._sockets = 0
        self._told: tuple[int, float] = (0, 0.0)
        self._thread: threading.Thread | None = None

    def add(self, add: Callable[[Rise], None]) -> None:
        """Let ``add`` count and observe."""
        with self._lock:
            add(self._waiting)
        self._start()

    def opened(self, number: int) -> None:
        """So many more sockets are open (less than 0: fewer)."""
        with self._lock:
            self._sockets += number
        self._start()

    def send(self) -> None:
        """Send what there is. Raises RedisError or OSError, and keeps it for the next time."""
        with self._lock:
            rise, self._waiting = self._waiting, Rise()
            sockets = self._sockets
        try:
            self._send(rise, sockets)
        except (RedisError, OSError):
            with self._lock:
                for key, value in rise.values.items():
                    self._waiting.values[key] += value
            raise

    def _send(self, rise: Rise, sockets: int) -> None:
        told, at = self._told
        is_news = sockets != told or (sockets and time.monotonic() - at >= BEAT)
        if not (rise.values or is_news):
            return
        with self._connect() as redis:
            pipe = redis.pipeline(transaction=True)
            for key, value in rise.values.items():
                pipe.hincrbyfloat(FIGURES, json.dumps(key), value)
            if sockets:
                pipe.eval(SAY, 1, SOCKETS, self.name, sockets)
            elif is_news:
                pipe.hdel(SOCKETS, self.name)
            pipe.execute()
        self._told = (sockets, time.monotonic())

    def _start(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
                self._thread.start()
                atexit.register(self._leave)

    def _run(self) -> None:
        while True:
            time.sleep(EVERY)
            try:
                self.send()
            except (RedisError, OSError) as error:
                logger.debug("Redis is away; the metrics of this process wait: %s", error)

    def _leave(self) -> None:
        with self._lock:
            self._sockets = 0
        try:
            self.send()
        except (RedisError, OSError):
            return


figures = Figures()


def told(redis: Redis) -> tuple[dict[Key, float], int]:
    """What all processes said: their figures, and how many sockets they hold. Forgets those that fell silent."""
    pipe = redis.pipeline(transaction=False)
    pipe.hgetall(FIGURES)
    pipe.hgetall(SOCKETS)
    pipe.time()
    values, said, (now, _) = pipe.execute()
    numbers = {name: [int(word) for word in words.split()] for name, words in said.items()}
    if silent := [name for name, (_, at) in numbers.items() if at < now - BELIEVED]:
        redis.hdel(SOCKETS, *silent)
    sockets = sum(number for name, (number, _) in numbers.items() if name not in silent)
    return {_key(name): float(value) for name, value in values.items()}, sockets


def _key(text: bytes) -> Key:
    name, labels, part = json.loads(text)
    return name, labels, part
