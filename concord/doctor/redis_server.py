"""Redis: reachable, with room, writable, encrypted, and with the right time; and who listens to its bell."""

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from concord.doctor.clock import skew
from concord.doctor.finding import Finding, error, ok, warning

LOCAL = ("localhost", "127.0.0.1", "::1", None)
OLDEST = 6


def client() -> Redis:
    """A client that gives up before the doctor does."""
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3, socket_timeout=3, retry=once)


def check() -> Iterator[Finding]:
    with client() as redis:
        info = cast("dict[str, Any]", redis.info())
        yield _version(str(info["redis_version"]))
        yield _eviction(info)
        yield _persistence(info)
        seconds, micros = cast("tuple[int, int]", redis.time())
        yield from skew("REDIS_URL", lambda: seconds + micros / 1e6)
    place = urlsplit(settings.REDIS_URL)
    if place.scheme == "redis" and place.hostname not in LOCAL:
        yield warning("REDIS_URL", "the connection is not encrypted", "use rediss://")


def _version(version: str) -> Finding:
    if int(version.partition(".")[0]) < OLDEST:
        return error("REDIS_URL", f"Redis {version} is too old", f"install Redis {OLDEST} or later")
    return ok("REDIS_URL", f"Redis {version} answers")


def _eviction(info: dict[str, Any]) -> Finding:
    """Keys without an expiry are rings and counters: Redis must not drop them for want of room."""
    policy, limit = info.get("maxmemory_policy", "noeviction"), int(info.get("maxmemory", 0))
    if limit and policy.startswith("allkeys"):
        found = f"maxmemory-policy is {policy}: rings may be dropped, and the sweeper has to ring again"
        return warning("REDIS_URL", found, "set maxmemory-policy to volatile-ttl")
    return ok("REDIS_URL", f"maxmemory-policy {policy}, maxmemory {limit or 'unlimited'}")


def _persistence(info: dict[str, Any]) -> Finding:
    """Nothing in it has to be kept; but a snapshot that fails makes Redis refuse every write."""
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        found = "its last snapshot failed, so that it may refuse writes"
        return error("REDIS_URL", found, 'give it room on its disk, or set `save ""`: nothing in it has to be kept')
    kept = "append-only file" if info.get("aof_enabled") else "no append-only file"
    return ok("REDIS_URL", f"{kept}; nothing in it has to be kept")


def listeners() -> Iterator[Finding]:
    """The queue workers that answer the bell, on any machine."""
    with client() as redis:
        queue = Queue(settings.QUEUE, connection=redis, serializer=JSONSerializer)
        alive = Worker.all(connection=redis, queue=queue)
        beats = [worker.last_heartbeat for worker in alive if worker.last_heartbeat]
    if not alive:
        yield error("queue workers", "none runs", "start `manage.py queue_worker`, one or more")
        return
    last = max((timezone.now() - beat).total_seconds() for beat in beats) if beats else 0
    yield ok("queue workers", f"{len(alive)} run; the slowest was heard of {last:.0f} s ago")
    if len(alive) > settings.QUEUE_WORKERS:
        found = f"{len(alive)} run and QUEUE_WORKERS is {settings.QUEUE_WORKERS}: fewer rings than may be answered"
        yield warning("queue workers", found, f"set QUEUE_WORKERS to {len(alive)} for the web and the queue workers")
