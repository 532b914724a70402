"""Holding an operation while it is advanced, and handing it back."""

import threading
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from operations.models import Claim, Operation, Superseded

CHECK_SECONDS = 1.0

# Set when this process is to stop: whoever holds an operation hands it back at the next opportunity.
stopping = threading.Event()


class HandedBack(Exception):
    """The process is stopping; another will go on."""


class Lease:
    """The claim on one operation, renewed while it is held."""

    def __init__(self, claim: Claim):
        self.claim = claim
        self._checked = self._renewed = time.monotonic()

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

    def release(self, wake_at: datetime | None) -> None:
        """Give the operation back, to be taken up again at ``wake_at``."""
        self._update(lease_until=None, claimed_by="", wake_at=wake_at)

    def _update(self, **fields: object) -> None:
        if not self._row().update(**fields):
            raise Superseded(f"{self.claim.operation_id} is in other hands now.")

    def _row(self):
        return Operation.objects.filter(pk=self.claim.operation_id, fence=self.claim.fence)
