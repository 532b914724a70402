"""Asks Concord's own API, as any client does. For workers that need to know or mend Concord's state."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
import structlog
from django.conf import settings

from workers import tracing
from workers.contract import ActionError, TryLater

Json = dict[str, Any]

SECONDS = 20.0
AWAY = frozenset({429, 502, 503, 504})
DONE = frozenset({200, 201, 202})


@dataclass(frozen=True)
class Answer:
    """What Concord answered, and after how many milliseconds."""

    status: int
    body: Json
    ms: float


class Conflict(ActionError):
    """What was to be changed is not in a state that allows it, or somebody was quicker."""


def get(path: str, **query: Any) -> Json:
    """The document at ``path``. Raises `TryLater` where Concord is away, `ActionError` where it refuses."""
    return _accepted(path, ask(path, **query))


def post(path: str, body: Json, **headers: str) -> Json:
    """What Concord answers to ``body``; ``headers`` by name, with _ for -.

    Raises as `get` does, and `Conflict`. A POST whose answer was lost may have been done all the same.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = _send("POST", path, json=body, headers=named)
    if answer.status == 409:
        raise Conflict(_detail(answer))
    return _accepted(path, answer)


def _accepted(path: str, answer: Answer) -> Json:
    if answer.status in AWAY:
        raise TryLater(f"Concord cannot answer {path} now: {_detail(answer)}")
    if answer.status == 401:
        raise ActionError(
            "Concord does not take this worker's key. Set CONCORD_API_KEY to one that was made with "
            "`manage.py create_api_key NAME --scope read_all`."
        )
    if answer.status not in DONE:
        raise ActionError(f"Concord answered {path} with {answer.status}: {_detail(answer)}")
    return answer.body


def ask(path: str, **query: Any) -> Answer:
    """Whatever Concord answers. Raises `TryLater` where it does not answer."""
    return _send("GET", path, params=query)


def _send(method: str, path: str, *, headers: Mapping[str, str] | None = None, **content: Any) -> Answer:
    url = settings.CONCORD_URL.rstrip("/") + path
    key = settings.CONCORD_API_KEY
    sent = {**(headers or {}), **tracing.headers(), **({"Authorization": f"Bearer {key}"} if key else {})}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        sent["X-Request-Id"] = request_id
    began = time.perf_counter()
    try:
        response = _http().request(method, url, headers=sent, **content)
    except httpx2.HTTPError as error:
        why = str(error) or type(error).__name__
        raise TryLater(f"Concord does not answer at {settings.CONCORD_URL} (CONCORD_URL): {why}") from error
    ms = round((time.perf_counter() - began) * 1000, 1)
    return Answer(response.status_code, _body(response), ms)


@cache
def _http() -> httpx2.Client:
    """Safe to use from several threads. No connection is kept: it is asked seldom, and may restart meanwhile."""
    return httpx2.Client(
        timeout=httpx2.Timeout(SECONDS, connect=3.0),
        limits=httpx2.Limits(max_keepalive_connections=0),
        trust_env=False,
        follow_redirects=False,
    )


def _body(response: httpx2.Response) -> Json:
    try:
        body = response.json()
    except ValueError:
        return {"detail": response.text[:300]}
    return body if isinstance(body, dict) else {"detail": str(body)[:300]}


def _detail(answer: Answer) -> str:
    return str(answer.body.get("detail") or "no reason was given")
