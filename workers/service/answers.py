"""What a service answers: the contract's bodies, and its errors as problem documents (RFC 9457)."""

import json
import math
from http import HTTPStatus

from starlette.responses import Response

from workers.contract import Json
from workers.models import CallStatus
from workers.service.calls import State
from workers.service.outcome import Outcome

JSON = "application/json"
PROBLEM = "application/problem+json"


def document(content: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(content), status, headers, JSON)


def seen(state: State) -> Response:
    """The call as `GET /operations/{id}` shows it: 200, however it stands."""
    return Response(_text(_whole(state), state.outcome), media_type=JSON)


def posted(state: State) -> Response:
    """The answer of a POST: the result, 202 with the call's address while it runs, or the error's own status."""
    location = {"Location": f"/operations/{state.sign.id}"}
    if state.running:
        return Response(_text(_whole(state), state.outcome), 202, location, JSON)
    if state.outcome.status != CallStatus.COMPLETED:
        return problem(state.outcome, id=str(state.sign.id))
    headers = {"Idempotent-Replayed": "true"} if state.replayed else None
    return Response(_text(_brief(state), state.outcome), headers=headers, media_type=JSON)


def cancelled(state: State) -> Response:
    """The answer of a DELETE: 202 until the action has stopped."""
    return Response(_text(_whole(state), state.outcome), 202 if state.running else 200, media_type=JSON)


def problem(outcome: Outcome, headers: dict[str, str] | None = None, **members: str) -> Response:
    """An error. Its ``status`` is the contract's word; by RFC 9457 a reader of numbers takes HTTP's instead."""
    title = HTTPStatus(outcome.http_status).phrase
    content = {"type": "about:blank", "title": title, "detail": outcome.error, **members, **_brief_of(outcome)}
    headers = dict(headers or {})
    if outcome.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(outcome.retry_after))
    return Response(_text(content, outcome), outcome.http_status, headers, PROBLEM)


def _whole(state: State) -> Json:
    sign = state.sign
    progress = {"done": sign.done, "total": sign.total, "message": sign.message}
    whole = {"id": str(sign.id), "error": None, "retryable": False, "confidence": None, "progress": progress}
    return whole | _brief_of(state.outcome)


def _brief(state: State) -> Json:
    return {"id": str(state.sign.id), **_brief_of(state.outcome)}


def _brief_of(outcome: Outcome) -> Json:
    """The contract's members but for ``result`` and ``usage``, without those that have nothing to say."""
    content: Json = {"status": outcome.status.value, "execution_time_ms": outcome.execution_time_ms}
    if outcome.error:
        content |= {"error": outcome.error, "retryable": outcome.retryable}
    if outcome.retry_after is not None:
        content["retry_after"] = outcome.retry_after
    if outcome.field:
        content["field"] = outcome.field
    if outcome.confidence is not None:
        content["confidence"] = outcome.confidence
    return content


def _text(content: Json, outcome: Outcome) -> str:
    """JSON text of ``content`` with the result and the usage, which are JSON text already."""
    text = json.dumps(content)[:-1]
    if outcome.result:
        text += f', "result": {outcome.result}'
    if outcome.usage:
        text += f', "usage": {outcome.usage}'
    return text + "}"
