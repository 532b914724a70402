"""The process that runs jobs: it advances operations."""

import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from operations import jobs, lease

logger = logging.getLogger(__name__)


class QueueWorker(SimpleWorker):
    """Runs jobs in its own process (a fork would share connections), and hands back what it holds when stopped."""

    def request_stop(self, *args: Any) -> None:
        lease.stopping.set()
        super().request_stop(*args)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Answer a ring. It says nothing that the rows do not say, so it is taken off the queue before the work.

        RQ would keep a history of each ring, at ten round trips to Redis.
        """
        pipe = self.connection.pipeline(transaction=False)
        pipe.lrem(queue.intermediate_queue_key, 1, job.id)
        pipe.delete(job.key)
        self.set_state(WorkerStatus.BUSY, pipeline=pipe)  # a signal to stop must not break into the work
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
        jobs.ring_now()  # what was left when the last one stopped
        worker.work(with_scheduler=False, logging_level="WARNING")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
