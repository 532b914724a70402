"""Calling a worker. Every answer it can give becomes one of four outcomes; nothing here knows of operations."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from workers import manifests, outgoing, tracing
from workers.outgoing_http import Pools
from workers.strict_json import untrusted

Json = dict[str, Any]

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 15.0  # a worker answers long work with 202 well before this
MAX_ANSWER_BYTES = 4 * 2**20
PIECE = 2**16
LONGEST_DELAY = 3600.0  # seconds that a worker may ask its caller to stay away
FULL = 429
AWAY = frozenset({502, 503, 504})


class Unreachable(Exception):
    """The worker did not answer, or not as the contract says."""


@dataclass(frozen=True)
class Done:
    """The action completed."""

    result: Any
    confidence: float | None = None
    usage: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class Accepted:
    """The action is at work; ask again at ``location``."""

    location: str
    progress: Json | None = None


@dataclass(frozen=True)
class Failed:
    """The action did not complete.

    ``away``: the worker did not answer, or is not well. ``unreachable``: it never got the request. ``full``: it is
    well, and has as many calls as it takes.
    """

    error: str
    retryable: bool = False
    retry_after: float | None = None
    away: bool = False
    unreachable: bool = False
    full: bool = False
    usage: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class Superseded:
    """A later attempt at the same call is known to the worker; this one counts for nothing."""


Outcome = Done | Accepted | Failed | Superseded


@dataclass(frozen=True)
class Request:
    """One call of an action, ready to send."""

    worker: str
    url: str
    action: str
    arguments: Json
    key: str
    attempt: int
    deadline: str
    request_id: str = ""

    def headers(self) -> dict[str, str]:
        call = {"Idempotency-Key": self.key, "Concord-Attempt": str(self.attempt), "Concord-Deadline": self.deadline}
        return call | ({"X-Request-Id": self.request_id} if self.request_id else {})


def start(request: Request) -> Outcome:
    """Ask for an action. Never raises: what goes wrong is a `Failed`."""
    body = json.dumps({"operation": request.action, "parameters": request.arguments}).encode()
    told = {
        "server.address": urlsplit(request.url).netloc,
        "concord.worker": request.worker,
        "concord.call": request.key,
    }
    with tracing.span(f"call {request.worker}.{request.action}", told, kind="client") as span:
        headers = request.headers() | tracing.headers()
        outcome = _outcome("POST", f"{request.url}/operations", body, headers)
        span.tell({"concord.attempt": request.attempt, "concord.outcome": type(outcome).__name__.lower()})
        if isinstance(outcome, Failed):
            span.failed("unreachable" if outcome.away else "failed")
    return outcome


def ask(location: str) -> Outcome:
    """Ask how a long call is."""
    return _outcome("GET", location)


def withdraw(location: str) -> None:
    """Cancel a long call. A worker that cannot be reached will find out by the call's deadline."""
    _outcome("DELETE", location)


def health(url: str) -> Json:
    """The worker's health, with its version. Raises `Unreachable`."""
    told = _fetch(f"{url}/health")
    if not isinstance(told.get("version"), str):
        raise Unreachable(f"{url}/health tells no version")
    return told


def manifest(url: str) -> Json:
    """The worker's manifest. Raises `Unreachable`."""
    told = _fetch(f"{url}/manifest")
    try:
        manifests.check(told)
    except manifests.BadManifest as error:
        raise Unreachable(f"{url}: the manifest is not as the contract has it: {error}") from error
    return told


@cache
def _http() -> urllib3.PoolManager:
    """One pool of connections per process; safe to use from several threads."""
    return Pools(
        outgoing.workers,
        num_pools=50,
        maxsize=50,
        retries=False,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        headers={"Authorization": f"Bearer {settings.WORKER_TOKEN}", "Content-Type": "application/json"},
    )


def _fetch(url: str) -> Json:
    try:
        with _http().request("GET", url, timeout=5.0, redirect=False, preload_content=False) as response:
            if response.status != 200:
                raise Unreachable(f"{url} answered {response.status}")
            body = untrusted(_content(response))
        if not isinstance(body, dict):
            raise Unreachable(f"{url} answered with something that is no JSON object")
        return body
    except (HTTPError, ValueError) as error:
        raise Unreachable(f"{url}: {_why(error)}") from error


def _outcome(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] = MappingProxyType({})
) -> Outcome:
    http = _http()
    try:
        with http.request(
            method, url, body=body, headers={**http.headers, **headers}, redirect=False, preload_content=False
        ) as response:
            data = _content(response)
    except (NewConnectionError, ConnectTimeoutError) as error:
        return Failed(f"{url} cannot be reached: {error}", retryable=True, away=True, unreachable=True)
    except HTTPError as error:
        return Failed(f"{url} did not answer: {_why(error)}", retryable=True, away=True)
    except (outgoing.NotAllowed, TooLarge) as error:
        return Failed(f"{url} {error}" if isinstance(error, TooLarge) else f"{url} is not called: {error}")
    return _read(url, response.status, response.headers, _body(data))


class TooLarge(ValueError):
    """The answer has more bytes than are read."""


def _content(response: urllib3.BaseHTTPResponse) -> bytes:
    """The body, unpacked, of which no more is read than may be, and for no longer than an answer may take."""
    content = bytearray()
    ends = time.monotonic() + 2 * ANSWER_SECONDS
    while piece := response.read1(PIECE):
        content += piece
        if len(content) > MAX_ANSWER_BYTES:
            most = MAX_ANSWER_BYTES / 2**20
            response.close()  # what still comes is not wanted
            raise TooLarge(f"answered with more than {most:.0f} MB; large data belongs in a dataset, not in an answer")
        if time.monotonic() > ends:
            response.close()
            raise ReadTimeoutError(response.pool, None, f"the answer takes longer than {2 * ANSWER_SECONDS:.0f} s")  # type: ignore[attr-defined]
    return bytes(content)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _body(data: bytes) -> Json:
    """The answer as JSON; where it is none, its beginning as an error."""
    try:
        body = untrusted(data)
    except ValueError as error:
        return {"error": f"{data[:500].decode(errors='replace')} ({error})"}
    return body if isinstance(body, dict) else {"error": str(body)[:500]}


def _read(url: str, code: int, headers: Mapping[str, str], body: Json) -> Outcome:
    """What the status and body of an answer mean (the table of the worker contract)."""
    if code == 202 or (code == 200 and body.get("status") == "running"):
        location = urljoin(url, headers.get("Location", url))
        if urlsplit(location)[:2] != urlsplit(url)[:2]:
            return Failed(f"{url} sends its caller elsewhere, to {location}; that is not followed")
        progress = body.get("progress")
        return Accepted(location, progress if isinstance(progress, dict) else None)
    if code == 200 and body.get("status") == "completed":
        return Done(
            body.get("result"),
            _confidence(body),
            _usage(body),
        )
    if code == 409:
        return Superseded()
    retry_after = _seconds(headers.get("Retry-After")) or _seconds(body.get("retry_after"))
    away, full = code in AWAY, code == FULL
    retryable = away or full or bool(body.get("retryable", False))
    return Failed(_words(code, body), retryable, retry_after, away=away, full=full, usage=_usage(body))


def _usage(body: Json) -> list[Json]:
    """The model calls that the worker made, also where it came to nothing."""
    told = body.get("usage")
    return [call for call in told if isinstance(call, dict)] if isinstance(told, list) else []


def _words(code: int, body: Json) -> str:
    """The error as the worker words it, with the field at fault."""
    text = str(body.get("error") or body.get("detail") or f"The worker answered {code}")
    named = body.get("field")
    return f"{named}: {text}" if named and not text.startswith(f"{named}:") else text


def _confidence(body: Json) -> float | None:
    """How sure the worker says it is, if it says so in a number, which is taken for one from 0 to 1."""
    told = body.get("confidence")
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(min(max(told, 0), 1))


def _seconds(told: Any) -> float | None:
    """How long to stay away, if that is a number; an hour at most."""
    try:
        seconds = float(told)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST_DELAY) if math.isfinite(seconds) else None
