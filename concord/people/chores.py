"""The sweeper's chore: delete the sessions that are over, and the counts that count nothing any more."""

import time
from typing import Any

from django.dispatch import receiver

from concord.people import sessions, throttle
from operations.signals import round_made

HOUR = 3600.0


class Hourly:
    """When the next look is due, by this process's clock."""

    due = 0.0


@receiver(round_made)
def forget_old(sender: Any, **kwargs: Any) -> None:
    if time.monotonic() < Hourly.due:
        return
    Hourly.due = time.monotonic() + HOUR
    sessions.forget_ended()
    throttle.forget_idle()
