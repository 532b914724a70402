"""The thread that tells the other replicas which calls are alive, and hears from them which are cancelled."""

import threading
import time
from uuid import UUID

import structlog
from django.db import close_old_connections, connections

from workers.service import records
from workers.service.outcome import Withdrawal
from workers.service.run import Run

log = structlog.get_logger(__name__)

SECONDS = 3.0
CLEANING_SECONDS = 60.0


class Heartbeat:
    """Beats for the ``running`` calls, a dictionary by run that its owner keeps up to date."""

    def __init__(self, running: dict[UUID, Run]):
        self.running = running
        self._stopped = threading.Event()
        self._cleaned = time.monotonic()
        self._thread = threading.Thread(target=self._go_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(SECONDS)

    def beat(self) -> None:
        """One beat for all calls; a call that was cancelled or taken over elsewhere is told to stop."""
        runs = {token: run for token, run in list(self.running.items()) if run.claimed.done()}
        if not runs:
            return
        ours = records.beat({token: run.sign for token, run in runs.items()})
        for token, run in runs.items():
            if token not in ours:
                run.withdraw(Withdrawal.SUPERSEDED)
            elif ours[token]:
                run.withdraw(Withdrawal.CANCELLED)

    def _go_on(self) -> None:
        while not self._stopped.wait(SECONDS):
            close_old_connections()
            try:
                self.beat()
                self._clean()
            except Exception as error:  # noqa: BLE001 (the next beat may succeed)
                log.warning("no heartbeat", error=type(error).__name__)
        connections.close_all()

    def _clean(self) -> None:
        if time.monotonic() - self._cleaned > CLEANING_SECONDS:
            self._cleaned = time.monotonic()
            records.delete_old()
