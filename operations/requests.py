"""One call of a worker on behalf of a step, ready to send; and letting go of one that nobody waits for any more."""

from concurrent.futures import Future
from datetime import timedelta
from typing import Any

from operations.models import Claim, Operation, Step
from workers import client, registry

ATTEMPTS_PER_CLAIM = 16
NET = timedelta(seconds=5)


def request(operation: Operation, claim: Claim, step: Step, arguments: dict[str, Any]) -> client.Request:
    """The call of ``step`` with these arguments. The worker must be known."""
    return client.Request(
        worker=step.worker,
        url=registry.workers()[step.worker].url,
        action=step.action,
        arguments=arguments,
        key=step.call_key(arguments),
        attempt=claim.fence * ATTEMPTS_PER_CLAIM + min(step.attempts, ATTEMPTS_PER_CLAIM - 1),
        # A net for when nobody comes to withdraw the call.
        deadline=(step.ends_by(operation) + NET).isoformat(),
        request_id=operation.request_id,
    )


def let_go(future: "Future[client.Outcome]") -> None:
    """Drop a call that has not begun; withdraw one that has, as it answers."""
    if not future.cancel():
        future.add_done_callback(_withdraw)


def _withdraw(future: "Future[client.Outcome]") -> None:
    outcome = future.result()
    if isinstance(outcome, client.Accepted):
        client.withdraw(outcome.location)
