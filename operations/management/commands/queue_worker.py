"""The process that runs jobs: it advances operations."""

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from redis.client import Pipeline
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from operations import jobs, lease
from workers import llm

logger = logging.getLogger(__name__)


BEAT_SECONDS = 15.0


class QueueWorker(SimpleWorker):
    """Runs jobs in its own process (a fork would share connections), and hands back what it holds when stopped."""

    _next_beat = 0.0

    def request_stop(self, *args: Any) -> None:
        lease.stopping.set()
        super().request_stop(*args)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Stay in RQ's list of workers. RQ would say so four times for every ring."""
        now = time.monotonic()
        if now >= self._next_beat:
            super().heartbeat(timeout, pipeline)
            self._next_beat = now + BEAT_SECONDS

    def set_state(self, state: str, pipeline: Pipeline | None = None) -> None:
        """Known to this process, whose handlers of signals ask for it; Redis need not hear of every ring."""
        self._state = state

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Answer a ring. It says nothing that the rows do not say, so it is taken off the queue before the work.

        RQ would keep a history of each ring, at ten round trips to Redis.
        """
        pipe = self.connection.pipeline(transaction=False)
        pipe.lrem(queue.intermediate_queue_key, 1, job.id)
        pipe.delete(job.key)
        self.set_state(WorkerStatus.BUSY)  # a signal to stop must not break into the work
        pipe.execute()
        close_old_connections()
        try:
            jobs.work()
        except Exception:  # the database is away, say: the sweeper rings again
            logger.exception("A ring could not be answered")
        self.set_state(WorkerStatus.IDLE)


class Command(BaseCommand):
    help = "Advance operations whenever the doorbell rings. Several may run, on several machines."

    def handle(self, *args: Any, **options: Any) -> None:
        queue = jobs.queue()
        worker = QueueWorker([queue], connection=queue.connection, serializer=JSONSerializer)
        worker.log_job_description = False
        if llm.configured():
            threading.Thread(target=llm.prepare, name="prepare", daemon=True).start()
        jobs.ring_now()  # what was left when the last one stopped
        worker.work(with_scheduler=False, logging_level="WARNING")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
