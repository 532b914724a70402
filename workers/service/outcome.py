"""How a call stands or ended: the one value that is saved in its record and made into its answer."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import structlog
from pydantic_core import to_json

from workers.contract import ActionError, Cancelled, TryLater
from workers.disk import is_full
from workers.masking import traced
from workers.models import CallStatus

log = structlog.get_logger(__name__)

RESULT_LIMIT = 4_000_000  # bytes; what is larger belongs into a dataset

TEXT_LIMIT = 10_000  # characters of an error or a message
ROOM_SECONDS = 30.0  # after which a disk may have room again


@dataclass(frozen=True)
class Outcome:
    """The columns of `CallRecord` that say how the call stands; ``result`` and ``usage`` are JSON text."""

    status: CallStatus = CallStatus.RUNNING
    result: str = ""
    error: str = ""
    field: str = ""
    http_status: int = 200
    retryable: bool = False
    retry_after: float | None = None
    confidence: float | None = None
    usage: str = ""
    execution_time_ms: float = 0


class Refused(Exception):
    """The call is not accepted; ``outcome`` says why. Nothing was run."""

    def __init__(self, http_status: int, error: str, **fields: Any):
        super().__init__(error)
        self.outcome = failed(http_status, error, **fields)


class Withdrawal(Enum):
    """Why a running call was told to stop."""

    CANCELLED = "the caller cancelled the call"
    DEADLINE = "the deadline (Concord-Deadline) passed before the action was done"
    SUPERSEDED = "a later attempt took the call over"
    STOPPING = "the worker is stopping; the same call may run again at once"


def failed(http_status: int, error: str, **fields: Any) -> Outcome:
    return Outcome(CallStatus.FAILED, error=storable(error), http_status=http_status, **fields)


def storable(text: str) -> str:
    """``text`` as every database takes it: no NUL, no half of a surrogate pair, no book."""
    return text[:TEXT_LIMIT].encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def completed(result: Any, **fields: Any) -> Outcome:
    """The end of an action that returned ``result`` (JSON values; what JSON lacks, as NaN, becomes null)."""
    data = to_json(result, inf_nan_mode="null")
    if len(data) > RESULT_LIMIT:
        message = f"the result has {len(data):,} bytes, more than {RESULT_LIMIT:,}: hand on a dataset reference"
        return failed(500, message, **fields)
    return Outcome(CallStatus.COMPLETED, result=data.decode(), **fields)


def withdrawn(why: Withdrawal | None, **fields: Any) -> Outcome:
    """The end of an action that stopped because it was told to."""
    match why:
        case Withdrawal.STOPPING:
            return failed(503, why.value, retryable=True, retry_after=1, **fields)
        case Withdrawal.SUPERSEDED:
            return failed(409, why.value, **fields)
        case _:
            reason = why.value if why else "the action gave up"
            return Outcome(CallStatus.CANCELLED, error=reason, http_status=500, **fields)


def ended_by(error: BaseException, why: Withdrawal | None = None, **fields: Any) -> Outcome:
    """The end of an action that raised ``error``, after it had been told to stop because of ``why``."""
    match error:
        case Cancelled():
            return withdrawn(why, **fields)
        case TryLater():
            return failed(error.status, str(error), retryable=True, retry_after=error.retry_after, **fields)
        case ActionError():
            return failed(error.status, str(error), field=storable(error.field)[:255], **fields)
    if is_full(error):
        message = "a disk of the worker is full: make room where CONCORD_VAR and DATA_URL are"
        return failed(503, message, retryable=True, retry_after=ROOM_SECONDS, **fields)
    log.error("action crashed", error=type(error).__name__, exception=traced(error))
    return failed(500, f"{type(error).__name__}: {error}", **fields)
