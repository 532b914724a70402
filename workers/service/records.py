"""The records of calls: who may run one, what came of it, and who is still alive.

Every function here blocks, so it runs in a thread. A write is conditional on the run that it speaks for: a run whose
call was taken over changes nothing. Times are the database's, so that the replicas' clocks do not matter.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import IntegrityError, InterfaceError, OperationalError, close_old_connections, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Cast, Now

from workers.contract import Json
from workers.models import CallRecord, CallStatus
from workers.service.outcome import Outcome, Refused, Withdrawal, failed, withdrawn

DEAD_AFTER = timedelta(seconds=10)  # without a heartbeat
KEPT_FOR = timedelta(days=7)
OLD_AT_ONCE = 1000
PROGRESS: dict[str, models.Field] = {
    "done": models.BigIntegerField(),
    "total": models.BigIntegerField(),
    "message": models.TextField(),
}
FRESH = {**vars(Outcome()), "done": 0, "total": None, "message": ""}
LOST = failed(503, "the service that ran this call died; post it again", retryable=True, retry_after=1)


@dataclass(frozen=True)
class Sign:
    """A sign of life of the run of the call ``id``: how far it is."""

    id: UUID
    done: int = 0
    total: int | None = None
    message: str = ""


@dataclass(frozen=True)
class Wanted:
    """A call that a service would like to run: ``run`` would be its run, ``owner`` the service."""

    id: UUID
    worker: str
    action: str
    key: str
    digest: str
    attempt: int | None
    run: UUID
    owner: str
    is_running_here: Callable[[UUID], bool]


def digest(action: str, parameters: Json) -> str:
    """What a repeated key must repeat: 32 hex digits."""
    text = json.dumps([action, parameters], sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def steadily(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``function``, once more on a new connection if the database had closed the old one."""
    try:
        return function(*arguments)
    except (OperationalError, InterfaceError):
        close_old_connections()
    try:
        return function(*arguments)
    except DatabaseError as error:
        message = f"the worker's database does not answer ({type(error).__name__})"
        raise Refused(503, message, retryable=True, retry_after=5) from error


def claim(wanted: Wanted, *, may_run: bool = True) -> CallRecord:
    """The record of the call: run it if its ``run`` is yours, otherwise it is done or runs elsewhere.

    Raises `Refused`: 409 for a superseded attempt, 422 for a key used for something else, 429 if it would have to
    run although ``may_run`` is false.
    """
    while True:
        if may_run and (record := _insert(wanted)):
            return record
        found = _alive_or_not().filter(worker=wanted.worker, key=wanted.key).first()
        if found is None and may_run:
            continue  # it has just been deleted for its age
        if found is None:
            raise _full()
        _check(found, wanted)
        if found.run == wanted.run or found.status == CallStatus.COMPLETED or _is_alive(found, wanted):
            _see_attempt(found, wanted)
            return found
        if not may_run:
            raise _full()
        if _take_over(found, wanted):
            found.run = wanted.run
            return found


def read(worker: str, id: UUID) -> CallRecord | None:
    """The record, with ``lost`` true if it says running and nobody runs it."""
    return _alive_or_not().filter(worker=worker, id=id).first()


def outcome(record: CallRecord) -> Outcome:
    """How the call of a record that was read here stands."""
    if record.status == CallStatus.RUNNING and record.lost:  # type: ignore[attr-defined]
        return LOST
    values = {name: getattr(record, name) for name in Outcome.__dataclass_fields__}
    return Outcome(**values | {"status": CallStatus(record.status)})


def finish(run: UUID, sign: Sign, outcome: Outcome) -> bool:
    """Save how a run ended and how far it came; False if it is no longer the call's run."""
    row = CallRecord.objects.filter(id=sign.id, run=run, status=CallStatus.RUNNING)
    end = vars(outcome) | {column: getattr(sign, column) for column in PROGRESS}
    # A run begins with `FRESH` columns; writing only the others halves the cost of this update.
    if row.update(seen_at=Now(), **{name: end[name] for name in end if end[name] != FRESH[name]}):
        return True
    # The same, where the connection broke after the database had saved it.
    return CallRecord.objects.filter(id=sign.id, run=run, status=outcome.status).exists()


def ask_to_cancel(worker: str, id: UUID) -> None:
    """Let whoever runs the call find it cancelled at its next heartbeat; end the call if nobody runs it."""
    running = CallRecord.objects.filter(worker=worker, id=id, status=CallStatus.RUNNING)
    end = vars(withdrawn(Withdrawal.CANCELLED))
    if not running.filter(seen_at__lt=Now() - DEAD_AFTER).update(seen_at=Now(), **end):
        running.update(cancel_requested=True)


def beat(running: dict[UUID, Sign]) -> dict[UUID, bool]:
    """Say that these runs are alive and how far they are.

    ``running`` is by run. Returns those that are still their call's run, each with whether its call was cancelled.
    """
    rows = _running(running)
    rows.update(seen_at=Now(), **{column: _by_run(column, running) for column in PROGRESS})
    return dict(rows.values_list("run", "cancel_requested"))


def release(running: dict[UUID, Sign]) -> None:
    """Give up what still runs in a service that stops: another may take it over at once."""
    _running(running).update(seen_at=Now(), **vars(withdrawn(Withdrawal.STOPPING)))


def release_predecessors(worker: str, place: str, owner: str) -> None:
    """Give up what an earlier service at this ``place`` (host and port) left running: it must be dead."""
    rows = CallRecord.objects.filter(worker=worker, status=CallStatus.RUNNING, owner__startswith=f"{place}#")
    rows.exclude(owner=owner).update(seen_at=Now() - KEPT_FOR / 2)


def delete_old() -> None:
    """Delete some of the records that nobody has touched for a week; little at once, to hold no lock for long."""
    old = CallRecord.objects.filter(seen_at__lt=Now() - KEPT_FOR).values_list("id", flat=True)[:OLD_AT_ONCE]
    if ids := list(old):
        CallRecord.objects.filter(id__in=ids).delete()


def _insert(wanted: Wanted) -> CallRecord | None:
    """Write the record of a new call; None if there is one already."""
    columns = {name: getattr(wanted, name) for name in ("id", "worker", "action", "key", "digest", "run", "owner")}
    record = CallRecord(**columns, attempt=wanted.attempt or 1, seen_at=Now())
    try:
        record.save(force_insert=True)
    except IntegrityError:
        return None
    return record


def _alive_or_not() -> models.QuerySet[CallRecord]:
    return CallRecord.objects.annotate(lost=Q(seen_at__lt=Now() - DEAD_AFTER))


def _check(found: CallRecord, wanted: Wanted) -> None:
    if found.digest != wanted.digest:
        message = "Idempotency-Key: this key was used for another action or other parameters"
        raise Refused(422, message, field="Idempotency-Key")
    if wanted.attempt is not None and wanted.attempt < found.attempt:
        message = f"Concord-Attempt: attempt {wanted.attempt} was superseded by attempt {found.attempt}"
        raise Refused(409, message, field="Concord-Attempt")


def _is_alive(found: CallRecord, wanted: Wanted) -> bool:
    if found.status != CallStatus.RUNNING:
        return False
    if found.owner == wanted.owner:
        return wanted.is_running_here(found.run)
    return not found.lost  # type: ignore[attr-defined]


def _see_attempt(found: CallRecord, wanted: Wanted) -> None:
    if wanted.attempt is not None and wanted.attempt > found.attempt:
        CallRecord.objects.filter(id=found.id, attempt__lt=wanted.attempt).update(attempt=wanted.attempt)


def _take_over(found: CallRecord, wanted: Wanted) -> bool:
    """Make the call's run ours, if nobody was quicker and its owner did not come back."""
    row = CallRecord.objects.filter(id=found.id, run=found.run, status=found.status)
    if found.status == CallStatus.RUNNING and found.owner != wanted.owner:
        row = row.filter(seen_at__lt=Now() - DEAD_AFTER)
    start = {"run": wanted.run, "owner": wanted.owner, "seen_at": Now(), "cancel_requested": False}
    return bool(row.update(**start, attempt=wanted.attempt or F("attempt"), **FRESH))


def _full() -> Refused:
    return Refused(429, "the worker runs as many calls as it may; try again", retryable=True, retry_after=1)


def _running(running: dict[UUID, Sign]) -> models.QuerySet[CallRecord]:
    ids = [sign.id for sign in running.values()]  # the index; the run is the fence
    return CallRecord.objects.filter(id__in=ids, run__in=list(running), status=CallStatus.RUNNING)


def _by_run(column: str, running: dict[UUID, Sign]) -> Cast:
    whens = [When(run=run, then=Value(getattr(sign, column))) for run, sign in running.items()]
    # PostgreSQL takes a CASE of nothing but NULLs for text.
    return Cast(Case(*whens), output_field=PROGRESS[column])
