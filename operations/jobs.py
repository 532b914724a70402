"""The door of the queue workers: a ring says only that there is something to do; the rows say what."""

import logging
import os
import socket

import django_rq
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from operations import pipeline
from operations.models import Operation, Superseded

logger = logging.getLogger(__name__)


def ring() -> None:
    """Once the transaction has committed, ring for a queue worker. The sweeper rings again if this ring is lost."""
    transaction.on_commit(ring_now)


def ring_now() -> None:
    """Ring, unless enough rings are waiting already: each one takes up all that is ready."""
    try:
        queue = django_rq.get_queue(settings.QUEUE)
        if queue.count < settings.QUEUE_WORKERS:
            queue.enqueue("operations.jobs.work", result_ttl=0, failure_ttl=3600)
    except (RedisError, OSError) as error:
        logger.warning("Redis is away; the sweeper will ring instead: %s", error)


def work() -> None:
    """Advance operations, most urgent first, until none is ready."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    while taken := Operation.objects.claim_next(holder):
        operation, claim = taken
        try:
            pipeline.advance(operation, claim)
        except Superseded as error:
            logger.info("Left to another: %s", error)
