"""Holding an operation while it is advanced, and handing it back."""

import threading
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Subquery
from django.utils import timezone

from operations.models import Claim, Operation, Superseded

CHECK_SECONDS = 1.0
# How long an operation may keep its queue worker while others wait for one.
TURN_SECONDS = 5.0
WAITING = timedelta(seconds=1)  # after which it is plain that no queue worker is free

# Set when this process is to stop: whoever holds an operation hands it back at the next opportunity.
stopping = threading.Event()


class HandedBack(Exception):
    """The process is stopping; another will go on."""


class Lease:
    """The claim on one operation, renewed while it is held.

    ``turn_is_over``: it has been held for long and others wait, so that whoever can should give it back.
    """

    def __init__(self, claim: Claim):
        self.claim = claim
        self.turn_is_over = False
        self._begun = self._checked = self._renewed = time.monotonic()

    def keep(self) -> None:
        """Look once a second whether the claim still holds, and renew it in time.

        Raises `Superseded` if somebody else has it now, `HandedBack` if this process is to stop.
        """
        if stopping.is_set():
            raise HandedBack
        now = time.monotonic()
        if now - self._renewed >= settings.LEASE_RENEWAL_SECONDS:
            self._update(lease_until=timezone.now() + timedelta(seconds=settings.LEASE_SECONDS))
            self._renewed = self._checked = now
        elif now - self._checked >= CHECK_SECONDS:
            if not self._row().exists():
                raise Superseded(f"{self.claim.operation_id} is in other hands now.")
            self._checked = now
            self.turn_is_over = now - self._begun >= TURN_SECONDS and self._others_wait()

    def _others_wait(self) -> bool:
        """Does an operation that is as urgent wait for a queue worker?"""
        mine = Subquery(self._row().values("priority")[:1])
        return Operation.objects.ready(timezone.now() - WAITING).filter(priority__gte=mine).exists()

    def release(self, wake_at: datetime | None) -> None:
        """Give the operation back, to be taken up again at ``wake_at``."""
        self._update(lease_until=None, claimed_by="", wake_at=wake_at)

    def _update(self, **fields: object) -> None:
        if not self._row().update(**fields):
            raise Superseded(f"{self.claim.operation_id} is in other hands now.")

    def _row(self):
        return Operation.objects.filter(pk=self.claim.operation_id, fence=self.claim.fence)
