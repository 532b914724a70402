"""The sweeper's chore: delete the sessions that are over, and the counts that count nothing any more."""

from typing import Any

from django.dispatch import receiver

from concord.people import sessions, throttle
from operations.signals import round_made
from operations.sweeper import Chore


def forget_ended() -> None:
    """Delete what is over. Costs a look at two indexes."""
    sessions.forget_ended()
    throttle.forget_idle()


hourly = Chore(forget_ended, 3600)


@receiver(round_made)
def forget_old(sender: Any, **kwargs: Any) -> None:
    hourly.do_if_due()
