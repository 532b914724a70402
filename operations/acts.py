"""What a client can do: submit an operation, cancel it, try it again, ring for it.

The API and the console are doors to these.
"""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from operations import jobs, live, signals
from operations.audit import acting
from operations.audit.recording import record
from operations.models import ApiKey, IdempotencyKey, Operation, Superseded, TransitionError
from operations.resume import cancel_unfinished, run_again
from operations.states import Status, StepStatus
from workers import tracing


class KeyReused(Exception):
    """The idempotency key was used before, with another body."""


def submit(
    fields: dict[str, Any],
    client: ApiKey | None,
    *,
    person: Any = None,
    key: str = "",
    body_digest: str = "",
    actor: str = "",
) -> tuple[Operation, bool]:
    """Save a new operation and ring for it. Returns it, and whether it is new.

    ``fields`` are checked model fields; it belongs to the ``client`` or the ``person``. With an idempotency ``key`` the
    same request gives the same operation for 7 days; the key with another body raises `KeyReused`.
    """
    owner = str(client.pk) if client else f"p{person.pk}" if person else ""
    if key and (earlier := _earlier(owner, key, body_digest)):
        return earlier, False
    told = {"concord.operation.type": fields["operation_type"]}
    try:
        # Without a key to remember it is one statement, or has a transaction of its own.
        together = transaction.atomic() if key else nullcontext()
        with tracing.span("submit", told, kind="producer") as span, together:
            operation = _create(fields, client, person, actor)
            span.tell({"concord.operation.id": operation.pk})
            if key:
                _remember(owner, key, body_digest, operation)
    except IntegrityError:  # the same request came twice at once, and the other was first
        if key and (earlier := _earlier(owner, key, body_digest)):
            return earlier, False
        raise
    return operation, True


def _create(fields: dict[str, Any], client: ApiKey | None, person: Any, actor: str) -> Operation:
    now = timezone.now()
    operation = Operation(client=client, submitted_by=person, created_at=now, updated_at=now, wake_at=now, **fields)
    operation.deadline_at = now + timedelta(seconds=operation.timeout_seconds)
    operation.traceparent = tracing.traceparent()
    if asked := acting.current():
        operation.request_id = asked.request_id
        structlog.contextvars.bind_contextvars(operation_id=operation.pk)
    operation.begin("Received", actor=actor or (client.name if client else ""))
    jobs.ring()
    return operation


def _earlier(owner: str, key: str, body_digest: str) -> Operation | None:
    now = timezone.now()
    seen = IdempotencyKey.objects.filter(client=owner, key=key).select_related("operation").first()
    if seen is None:
        return None
    if seen.expires_at <= now:
        seen.delete()
        return None
    if seen.body_digest != body_digest:
        raise KeyReused(f"The idempotency key {key!r} was used before, with another body.")
    return seen.operation


def _remember(owner: str, key: str, body_digest: str, operation: Operation) -> None:
    IdempotencyKey.objects.create(client=owner, key=key, body_digest=body_digest, operation=operation)


def cancel(operation: Operation, *, actor: str) -> None:
    """Stop the operation: nothing further starts, and running calls are withdrawn. Finished steps keep their results.

    Raises `TransitionError` if it has ended already.
    """
    with transaction.atomic():
        # A queue worker comes once more, to withdraw the calls that are still running.
        running = operation.steps.filter(status=StepStatus.RUNNING).exists()
        wake_at = timezone.now() if running else None
        before = operation.status
        operation.move_to(Status.CANCELLED, f"Cancelled by {actor}", actor=actor, wake_at=wake_at)
        _record("operation.cancel", operation, before)
        cancel_unfinished(operation)
        signals.review_over.send(Operation, operation=operation)
        jobs.ring()


def retry(operation: Operation, *, actor: str) -> None:
    """Take up a failed or cancelled operation where it stopped: finished steps keep their results.

    Raises `TransitionError` if it is in any other state, or if what it would run with was removed.
    """
    if operation.forgotten_at:
        raise TransitionError("Its parameters were removed, so it cannot run again: start another operation.")
    begun = operation.plan and not operation.plan_unseen and not operation.replan
    status = Status.EXECUTING if begun else Status.PLANNING
    with transaction.atomic():
        before = operation.status
        operation.move_to(status, f"Retried by {actor}", actor=actor, seconds_left=None)
        _record("operation.retry", operation, before)
        unfinished = [StepStatus.FAILED, StepStatus.CANCELLED, StepStatus.AWAITING_APPROVAL]
        run_again(operation, operation.steps.filter(status__in=unfinished))
        signals.review_over.send(Operation, operation=operation)
        jobs.ring()


def ring(operation: Operation, *, actor: str) -> None:
    """Ring for an operation that should move and that nobody holds, so that a queue worker takes it up now.

    Raises `TransitionError` if it does not move or is held, `Superseded` if somebody was quicker. Whoever takes it up
    finds it as it was: a ring too many changes nothing.
    """
    now = timezone.now()
    if not operation.is_moving:
        raise TransitionError(f"The operation is {operation.status}; there is nothing to ring for.")
    if operation.lease_until and operation.lease_until >= now:
        raise TransitionError("A queue worker has the operation in its hands; there is nothing to ring for.")
    with transaction.atomic():
        row = Operation.objects.filter(pk=operation.pk, fence=operation.fence, status=operation.status)
        if not row.update(wake_at=min(operation.wake_at or now, now)):
            raise Superseded(f"{operation.pk} was changed by somebody else in the meantime.")
        operation.record("rung", f"Rung for by {actor}", actor=actor)
        _record("operation.ring", operation, operation.status)
        jobs.ring()
        live.announce(operation)


def _record(action: str, operation: Operation, before: str) -> None:
    record(action, operation, before={"status": before}, after={"status": operation.status})


def defaults() -> dict[str, Any]:
    """What applies where a client says nothing."""
    return {"timeout_seconds": settings.OPERATION_TIMEOUT}
