"""Ringing again for what went quiet: leases that ran out, waits that are over, rings that were lost."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import Error, close_old_connections
from django.utils import timezone

from operations import jobs, signals
from operations.audit import chain, warehouse
from operations.models import IdempotencyKey, Operation
from workers import registry
from workers.models import RegisteredWorker

logger = logging.getLogger(__name__)

EVERY = 0.5  # seconds


def ring_again() -> None:
    """Ring if an operation is ready. Costs one look at an index."""
    if Operation.objects.ready(timezone.now()).exists():
        jobs.ring_now()


def tell_listeners() -> None:
    """Let those above do what has come due. Costs each of them one look at an index."""
    signals.round_made.send(Operation)


def ask_workers() -> None:
    """Ask each worker for its health and, where it is new, its manifest."""
    for row in RegisteredWorker.objects.filter(enabled=True):
        registry.refresh(row)


def forget_keys() -> None:
    """Drop the idempotency keys that are over."""
    IdempotencyKey.objects.filter(expires_at__lte=timezone.now()).delete()


def seal_audit() -> None:
    """Give the new entries of the audit trail their places. Costs one look at an index where there are none."""
    chain.seal()


def audit_warehouse() -> None:
    """Take what people did to releases and rules into the trail, where it is not there yet."""
    warehouse.catch_up()


@dataclass
class Chore:
    """Something to do every so many seconds."""

    do: Callable[[], None]
    seconds: float
    due: float = field(default=0.0)

    def do_if_due(self) -> None:
        if time.monotonic() < self.due:
            return
        try:
            self.do()
        except Error:
            logger.exception("%s did not work this time", self.do.__name__)
        self.due = time.monotonic() + self.seconds


def chores() -> list[Chore]:
    return [
        Chore(ring_again, EVERY),
        Chore(tell_listeners, EVERY),
        Chore(jobs.free_orphans, 2),
        Chore(ask_workers, 10),
        Chore(forget_keys, 3600),
        Chore(seal_audit, 2),
        Chore(audit_warehouse, 10),
        Chore(chain.log_head, 3600),
    ]


def sweep(until: Callable[[], bool]) -> None:
    """Do the chores until told to stop."""
    todo = chores()
    while not until():
        close_old_connections()
        for chore in todo:
            chore.do_if_due()
        time.sleep(EVERY)
