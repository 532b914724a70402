"""The process that rings again for operations that went quiet."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from operations import sweeper
from workers import registry


class Command(BaseCommand):
    help = (
        "Ring again for operations that went quiet, and look after the workers' health. One is enough; two do no harm."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        registry.register_configured()
        sweeper.sweep(stop.is_set)
