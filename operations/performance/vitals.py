"""How what Concord stands on is doing: its database, Redis, and the queue."""

import time
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Worker

from operations import jobs
from operations.models import Operation
from operations.states import MOVING
from workers import databases

Json = dict[str, Any]


def measure() -> Json:
    """Figures of the database, of Redis and of the queue. Where Redis is away its ``error`` says why."""
    reached = _redis()
    return {"database": databases.figures(connection), "redis": reached, "queue": _queue(reached=not reached["error"])}


@cache
def _client() -> redis.Redis:
    retry = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=retry)


def _redis() -> Json:
    try:
        _client().ping()  # makes the connection where there is none yet
        began = time.perf_counter()
        _client().ping()
        latency = round((time.perf_counter() - began) * 1000, 3)
        told = _client().info()
    except (redis.RedisError, OSError) as error:
        return {"error": str(error) or type(error).__name__}
    return {
        "error": None,
        "latency_ms": latency,
        "used_memory_bytes": told["used_memory"],
        "max_memory_bytes": told.get("maxmemory") or None,
        "clients": told["connected_clients"],
        "evicted_keys": told["evicted_keys"],
        "version": told["redis_version"],
    }


def _queue(*, reached: bool) -> Json:
    now = timezone.now()
    ready = Operation.objects.ready(now)
    oldest = ready.order_by().aggregate(oldest=Min("wake_at"))["oldest"]
    held = Operation.objects.filter(lease_until__gte=now)
    return {
        "ready": ready.count(),
        "oldest_ready_seconds": round((now - oldest).total_seconds(), 3) if oldest else 0.0,
        "moving": Operation.objects.filter(status__in=MOVING).count(),
        "held": held.count(),
        "rings": jobs.queue().count if reached else None,
        "queue_workers": _queue_workers() if reached else None,
    }


def _queue_workers() -> int:
    """How many have told Redis that they are there. One that was killed counts for some minutes more."""
    keys = Worker.all_keys(queue=jobs.queue())
    return int(_client().exists(*keys)) if keys else 0
