"""The headers of the worker contract, read into values. What cannot be read is refused by the header's name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from workers.masking import masked
from workers.service.outcome import Refused

DEFAULT_WAIT = 2.0  # seconds that a POST waits for its action
LONGEST_WAIT = 30.0
KEY_LENGTH = 255
TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True)
class CallHeaders:
    """What a caller says of its call. ``attempt`` None: it does not count them."""

    key: str
    attempt: int | None
    deadline: datetime | None
    trace: str
    wait: float
    request_id: str = ""

    @property
    def operation_id(self) -> str:
        return self.key.partition(":")[0] if ":" in self.key else ""

    @property
    def step(self) -> str:
        return self.key.split(":")[1] if ":" in self.key else ""


def read(headers: Mapping[str, str]) -> CallHeaders:
    """Take the contract's headers from a request's. Raises `Refused` (400)."""
    trace = headers.get("traceparent", "")
    return CallHeaders(
        key=_key(headers.get("idempotency-key", "")),
        attempt=_attempt(headers.get("concord-attempt")),
        deadline=_deadline(headers.get("concord-deadline")),
        trace=trace if TRACEPARENT.fullmatch(trace) else "",
        wait=wait_of(headers.get("prefer", ""), DEFAULT_WAIT),
        request_id=_request_id(headers.get("x-request-id", "")),
    )


def wait_of(prefer: str, default: float) -> float:
    """Seconds to wait by ``Prefer`` (RFC 7240); a preference that cannot be read is no preference."""
    for preference in prefer.lower().split(","):
        name, _, value = (part.strip() for part in preference.partition(";")[0].partition("="))
        if name == "respond-async":
            default = 0
        elif name == "wait" and (value := value.strip('"')).isdecimal():
            return min(float(value), LONGEST_WAIT)
    return default


def _key(text: str) -> str:
    if len(text) > KEY_LENGTH or not text.isprintable():
        raise Refused(400, f"Idempotency-Key: at most {KEY_LENGTH} printable characters", field="Idempotency-Key")
    return text


def _request_id(text: str) -> str:
    """The id that the caller's log has; none where it is not one, for it is only written down."""
    return text if re.fullmatch(r"[\w.:/+=@-]{1,128}", text, re.ASCII) and masked(text) == text else ""


def _attempt(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isdecimal() and 0 < int(text[:10]) < 2**31):
        raise Refused(400, f"Concord-Attempt: {text[:20]!r} is not a number from 1", field="Concord-Attempt")
    return int(text[:10])


def _deadline(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        seconds = re.fullmatch(r"\d{1,12}(\.\d+)?", text)
        deadline = datetime.fromtimestamp(float(text), UTC) if seconds else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        deadline = None
    if deadline is None or deadline.tzinfo is None:
        message = f"Concord-Deadline: {text[:40]!r} is neither an RFC 3339 time with its offset nor Unix seconds"
        raise Refused(400, message, field="Concord-Deadline")
    return deadline
