"""What happens to people's log-ins beyond Django's own signals, into the audit trail."""

from typing import Any

from django.dispatch import receiver

from concord.people import signals
from operations.audit import acting
from operations.audit.recording import record


def _by(user: Any, request: Any) -> acting.Actor:
    """Who did it: who asks now; at a log-in, which is not done yet, the person himself."""
    now = acting.who()
    return acting.actor_of(user) if request is not None and now == acting.STRANGER else now


@receiver(signals.totp_enrolled)
def enrolled(sender: Any, user: Any, request: Any = None, **kwargs: Any) -> None:
    record("person.totp_enrolled", user, actor=_by(user, request))


@receiver(signals.totp_removed)
def removed(sender: Any, user: Any, request: Any = None, **kwargs: Any) -> None:
    record("person.totp_removed", user, actor=_by(user, request))


@receiver(signals.recovery_code_used)
def used(sender: Any, user: Any, request: Any = None, left: int | None = None, **kwargs: Any) -> None:
    record("person.recovery_code_used", user, after={"left": left}, actor=_by(user, request))


@receiver(signals.session_ended)
def ended(
    sender: Any, user: Any, request: Any = None, count: int | None = None, reason: str = "", **kwargs: Any
) -> None:
    record("person.session_ended", user, after={"count": count, "why": reason}, actor=_by(user, request))
