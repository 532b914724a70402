"""The process that runs jobs: it advances operations."""

import signal
from typing import Any

import django_rq
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from operations import jobs, lease


class QueueWorker(SimpleWorker):
    """Runs jobs in its own process (a fork would share connections), and hands back what it holds when stopped."""

    def request_stop(self, *args: Any) -> None:
        lease.stopping.set()
        super().request_stop(*args)

    def perform_job(self, *args: Any, **kwargs: Any) -> bool:
        close_old_connections()
        return super().perform_job(*args, **kwargs)


class Command(BaseCommand):
    help = "Advance operations whenever the doorbell rings. Several may run, on several machines."

    def handle(self, *args: Any, **options: Any) -> None:
        queue = django_rq.get_queue(settings.QUEUE)
        worker = QueueWorker([queue], connection=queue.connection, serializer=JSONSerializer)
        worker.log_job_description = False
        jobs.ring_now()  # what was left when the last one stopped
        worker.work(with_scheduler=False, logging_level="WARNING")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
