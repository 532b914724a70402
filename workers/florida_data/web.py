"""HTTP with a source: which failures pass and which do not, and redirects that stay with the configured sources."""

import contextlib
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

import httpx2

from workers import outgoing
from workers.contract import ActionError, TryLater
from workers.outgoing_http import NotAllowed, client

TIMEOUT = httpx2.Timeout(30, connect=10)
MOST_REDIRECTS = 5
_BUSY = (408, 425, 429)


class SourceRefused(ActionError):
    """The source does not have what was asked for, or answers with something else."""


@contextlib.contextmanager
def answered(url: str, headers: dict[str, str]) -> Iterator[httpx2.Response]:
    """The answer to a GET, its body not read yet. Statuses 2xx, 304 and 416 are answers.

    Raises `TryLater` if the source is away or busy, also while the body is read, and `SourceRefused` otherwise.
    """
    try:
        with client(outgoing.rolls, timeout=TIMEOUT) as http, _followed(http, url, headers) as response:
            _check_status(response, url)
            yield response
    except NotAllowed as error:
        raise SourceRefused(f"{url}: {error}") from error
    except httpx2.TransportError as error:
        raise TryLater(f"{url}: {type(error).__name__}: the source did not answer, or stopped in the middle") from error


@contextlib.contextmanager
def _followed(http: httpx2.Client, url: str, headers: dict[str, str]) -> Iterator[httpx2.Response]:
    start = urlsplit(url)
    for _ in range(MOST_REDIRECTS + 1):
        with http.stream("GET", url, headers=headers) as response:
            if not response.has_redirect_location:
                yield response
                return
            url = str(response.url.join(response.headers["location"]))
        _check_redirect(start, urlsplit(url))
    raise SourceRefused(f"{start.geturl()} redirects more than {MOST_REDIRECTS} times")


def _check_redirect(start: SplitResult, target: SplitResult) -> None:
    """A redirect may lead to the same site, or to a host that is a source too; never from HTTPS to plain HTTP."""
    if target.scheme not in ("http", "https") or (start.scheme, target.scheme) == ("https", "http"):
        raise SourceRefused(f"{start.geturl()} redirects to {target.scheme}, which is not followed")
    if target.netloc == start.netloc:
        return
    same_host = target.hostname == start.hostname and target.scheme == "https" and target.port in (None, 443)
    try:
        if not same_host:
            outgoing.check_roll_source(target.hostname or "", target.port)
    except outgoing.NotAllowed as error:
        elsewhere = f"{start.geturl()} redirects to another host, {target.netloc}, which is not followed"
        raise SourceRefused(f"{elsewhere}: {error}") from error


def _check_status(response: httpx2.Response, url: str) -> None:
    status = response.status_code
    if status < 300 or status in (304, 416):
        return
    if status >= 500 or status in _BUSY:
        raise TryLater(f"{url} was answered {status}", retry_after=_retry_after(response))
    raise SourceRefused(f"{url} was answered {status}: the source does not have it")


def _retry_after(response: httpx2.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None
