"""The door of the queue workers: a ring says only that there is something to do; the rows say what."""

import logging
import os
import socket
from functools import cache
from pathlib import Path

import django_rq
import psutil
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError
from rq import Queue

from operations import lease, pipeline
from operations.models import Operation, Superseded

logger = logging.getLogger(__name__)


def ring() -> None:
    """Once the transaction has committed, ring for a queue worker. The sweeper rings again if this ring is lost."""
    transaction.on_commit(ring_now)


def ring_now() -> None:
    """Ring, unless enough rings are waiting already: each one takes up all that is ready."""
    try:
        if queue().count < settings.QUEUE_WORKERS:
            pipe = queue().connection.pipeline()  # all of it in one round trip
            queue().enqueue("operations.jobs.work", result_ttl=0, failure_ttl=3600, pipeline=pipe)
            pipe.execute()
    except (RedisError, OSError) as error:
        logger.warning("Redis is away; the sweeper will ring instead: %s", error)


@cache
def queue() -> Queue:
    """The doorbell's queue, on a connection that is kept; django-rq would open one for every ring."""
    return django_rq.get_queue(settings.QUEUE)


def work() -> None:
    """Advance operations, most urgent first, until none is ready, or this process is to stop."""
    while not lease.stopping.is_set() and (taken := Operation.objects.claim_next(f"{place()}:{os.getpid()}")):
        operation, claim = taken
        try:
            pipeline.advance(operation, claim)
        except Superseded as error:
            logger.info("Left to another: %s", error)


@cache
def place() -> str:
    """Where process ids mean the same processes: this host and, on Linux, this namespace of ids."""
    namespace = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()[:40]}/{namespace.stat().st_ino if namespace.exists() else 0}"


def free_orphans() -> None:
    """Take operations out of the hands of queue workers of this place that are gone, before their lease is over."""
    held = Operation.objects.filter(lease_until__gt=timezone.now(), claimed_by__startswith=f"{place()}:")
    for operation in held.only("fence", "claimed_by"):
        if not psutil.pid_exists(int(operation.claimed_by.rpartition(":")[2])):
            mine = Operation.objects.filter(pk=operation.pk, fence=operation.fence)
            mine.update(lease_until=timezone.now())
            logger.warning("The queue worker that held %s is gone", operation.pk)
