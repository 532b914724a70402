"""Calling a worker. Every answer it can give becomes one of four outcomes; nothing here knows of operations."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx2
from django.conf import settings

Json = dict[str, Any]

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 15.0  # a worker answers long work with 202 well before this
MAX_ANSWER_BYTES = 4 * 2**20
BUSY = frozenset({429, 502, 503, 504})


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

    ``busy``: the worker did not answer or would not take it now. ``unreachable``: it never got the request.
    """

    error: str
    retryable: bool = False
    retry_after: float | None = None
    busy: bool = False
    unreachable: bool = False


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

    def headers(self) -> dict[str, str]:
        return {"Idempotency-Key": self.key, "Concord-Attempt": str(self.attempt), "Concord-Deadline": self.deadline}


def start(request: Request) -> Outcome:
    """Ask for an action. Never raises: what goes wrong is a `Failed`."""
    body = {"operation": request.action, "parameters": request.arguments}
    return _outcome("POST", f"{request.url}/operations", json=body, headers=request.headers())


def ask(location: str) -> Outcome:
    """Ask how a long call is."""
    return _outcome("GET", location)


def withdraw(location: str) -> None:
    """Cancel a long call. A worker that cannot be reached will find out by the call's deadline."""
    _outcome("DELETE", location)


def health(url: str) -> Json:
    """The worker's health. Raises `Unreachable`."""
    return _fetch(f"{url}/health")


def manifest(url: str) -> Json:
    """The worker's manifest. Raises `Unreachable`."""
    return _fetch(f"{url}/manifest")


@cache
def _http() -> httpx2.Client:
    """One pool of connections per process; safe to use from several threads."""
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=30)
    return httpx2.Client(
        timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        limits=limits,
        headers={"Authorization": f"Bearer {settings.WORKER_TOKEN}"},
        trust_env=False,
        follow_redirects=False,
    )


def _fetch(url: str) -> Json:
    try:
        response = _http().get(url, timeout=5.0)
        response.raise_for_status()
        return response.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise Unreachable(f"{url}: {_why(error)}") from error


def _outcome(method: str, url: str, **request: Any) -> Outcome:
    try:
        response = _http().request(method, url, **request)
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        return Failed(f"{url} cannot be reached: {error}", retryable=True, busy=True, unreachable=True)
    except httpx2.HTTPError as error:
        return Failed(f"{url} did not answer: {_why(error)}", retryable=True, busy=True)
    if len(response.content) > MAX_ANSWER_BYTES:
        size = len(response.content) / 2**20
        return Failed(f"{url} answered with {size:.1f} MB; large data belongs in a dataset, not in an answer")
    return _read(response, _body(response))


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _body(response: httpx2.Response) -> Json:
    """The answer as JSON. NUL characters become U+FFFD: PostgreSQL keeps none."""
    try:
        body = json.loads(response.text.replace("\\u0000", "\\ufffd").replace("\0", "\ufffd"))
    except ValueError:
        return {"error": response.text[:500]}
    return body if isinstance(body, dict) else {"error": str(body)[:500]}


def _read(response: httpx2.Response, body: Json) -> Outcome:
    """What the status and body of an answer mean (the table of the worker contract)."""
    code = response.status_code
    if code == 202 or (code == 200 and body.get("status") == "running"):
        location = response.headers.get("Location")
        return Accepted(str(response.url.join(location)) if location else str(response.url), body.get("progress"))
    if code == 200 and body.get("status") == "completed":
        return Done(
            body.get("result"),
            body.get("confidence"),
            [call for call in body.get("usage") or [] if isinstance(call, dict)],
        )
    if code == 409:
        return Superseded()
    retry_after = _seconds(response.headers) or body.get("retry_after")
    retryable = code in BUSY or bool(body.get("retryable", False))
    return Failed(_words(code, body), retryable, retry_after, busy=code in BUSY)


def _words(code: int, body: Json) -> str:
    """The error as the worker words it, with the field at fault."""
    text = str(body.get("error") or body.get("detail") or f"The worker answered {code}")
    named = body.get("field")
    return f"{named}: {text}" if named and not text.startswith(f"{named}:") else text


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
