"""What can go wrong with a call of a model, in our words: the server's own may repeat the key or the prompt."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    import openai


@dataclass(frozen=True)
class Failure:
    """``spent``: the server may have worked, so that its tokens must be estimated. ``retry``: it may work next time."""

    kind: str
    words: str
    spent: bool = True
    retry: bool = False
    retry_after: float | None = None


def refused(error: "openai.APIStatusError") -> Failure:
    """The server answered with another status than 200."""
    status = error.status_code
    says = f"The model server answers {status}"
    if status in (401, 403):
        return Failure("unauthorized", f"{says}: check OPENAI_API_KEY", spent=False)
    if status == 429:
        paid_up = error.code != "insufficient_quota"
        words = f"{says}: too many requests" if paid_up else f"{says}: the account has no credit left"
        return Failure("rate_limited", words, spent=False, retry=paid_up, retry_after=_retry_after(error.response))
    if status >= 500 or status == 408:
        return Failure("server_error", says, spent=False, retry=True, retry_after=_retry_after(error.response))
    if status == 404:
        return Failure("rejected", f"{says}: check OPENAI_BASE_URL and OPENAI_MODEL", spent=False)
    at_fault = f" (at fault: {error.param})" if isinstance(error.param, str) and len(error.param) < 80 else ""
    return Failure("rejected", f"{says}: it does not take such a request{at_fault}", spent=False)


def broken(cause: BaseException | None, *, late: bool, heard_something: bool) -> Failure:
    """The connection did not come about, or broke; ``late`` where the time was over."""
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        if late or not isinstance(cause, httpx2.ConnectError):
            return Failure("timeout", "The model server cannot be reached in time", spent=False, retry=not late)
        return Failure("unreachable", "The model server cannot be reached", spent=False, retry=True)
    if late or isinstance(cause, httpx2.TimeoutException):
        return Failure("timeout", "The model did not answer in time")
    return Failure("cut", "The model's answer broke off", retry=not heard_something)


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds that the server asks to wait, given as seconds or as a date."""
    value = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
