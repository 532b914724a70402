"""A worker's service as an ASGI application: who may call, what is read from a request, what is answered."""

import contextlib
import difflib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.conf import settings
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from workers.contract import Action, ActionError, Json
from workers.service import answers, headers
from workers.service.calls import Calls, State
from workers.service.outcome import Refused, ended_by, failed

BODY_LIMIT = 1024 * 1024
HEADERS_LIMIT = 16 * 1024


def make_app(calls: Calls) -> ASGIApp:
    """The application that serves ``calls``; it starts and closes them with its lifespan."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await calls.start()
        yield
        await calls.close()

    endpoints = Endpoints(calls)
    routes = [
        Route("/health", endpoints.health, methods=["GET"]),
        Route("/manifest", endpoints.manifest, methods=["GET"]),
        Route("/operations", endpoints.post, methods=["POST"]),
        Route("/operations/{id:uuid}", endpoints.get, methods=["GET"]),
        Route("/operations/{id:uuid}", endpoints.delete, methods=["DELETE"]),
    ]
    handlers: dict[Any, Any] = {Refused: _refused, ActionError: _unfit, HTTPException: _http, Exception: _crashed}
    return Guard(Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan))


class Guard:
    """Only a caller with WORKER_TOKEN gets further than `/health`, and nobody with a book of headers."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self.authorization = f"Bearer {settings.WORKER_TOKEN}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(scope)):
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_LIMIT:
            return answers.problem(failed(431, f"more than {HEADERS_LIMIT:,} bytes of headers"))
        if scope["path"] == "/health":
            return None
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if hmac.compare_digest(given, self.authorization):
            return None
        message = "send the header Authorization: Bearer WORKER_TOKEN with this worker's token"
        return answers.problem(failed(401, message), headers={"WWW-Authenticate": "Bearer"})


class Endpoints:
    """The five calls of the worker contract."""

    def __init__(self, calls: Calls):
        self.calls = calls
        self.worker = calls.worker

    async def health(self, request: Request) -> Response:
        name = {"worker": self.worker.name, "version": self.worker.version}
        if self.calls.stopping:
            return answers.document({"status": "stopping", **name}, 503)
        return answers.document({"status": "healthy", **name})

    async def manifest(self, request: Request) -> Response:
        return answers.document(self.worker.manifest())

    async def post(self, request: Request) -> Response:
        asked = headers.read(request.headers)
        action, parameters = self._wish(await _body(request))
        return answers.posted(await self.calls.post(action, parameters, asked))

    async def get(self, request: Request) -> Response:
        wait = headers.wait_of(request.headers.get("prefer", ""), 0)
        return answers.seen(_known(await self.calls.state(request.path_params["id"], wait), request))

    async def delete(self, request: Request) -> Response:
        return answers.cancelled(_known(await self.calls.cancel(request.path_params["id"]), request))

    def _wish(self, body: Any) -> tuple[Action, Json]:
        """The action and the parameters that a body asks for."""
        if not isinstance(body, dict):
            raise Refused(400, 'the body is not an object like {"operation": "…", "parameters": {}}')
        name, parameters = body.get("operation"), body.get("parameters", {})
        if not isinstance(name, str):
            raise Refused(400, "operation: the name of an action is missing", field="operation")
        if not isinstance(parameters, dict):
            raise Refused(400, "parameters: not an object", field="parameters")
        if action := self.worker.actions.get(name):
            return action, parameters
        nearest = difflib.get_close_matches(name, self.worker.actions, n=1, cutoff=0)
        hint = f"; the nearest is {nearest[0]!r}" if nearest else ""
        message = f"operation: {self.worker.name} has no action {name[:100]!r}{hint}"
        raise Refused(404, message, field="operation")


async def _body(request: Request) -> Any:
    """The JSON value of the body, which is read no further than the limit."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_LIMIT:
            message = f"the body has more than {BODY_LIMIT:,} bytes; large data is handed on as a dataset reference"
            raise Refused(413, message)
    try:
        return json.loads(bytes(data))
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is not JSON: {error}") from error


def _known(state: State | None, request: Request) -> State:
    if state is None:
        id: UUID = request.path_params["id"]
        raise Refused(404, f"there is no operation {id}; records are kept for a week")
    return state


async def _refused(request: Request, error: Refused) -> Response:
    return answers.problem(error.outcome)


async def _unfit(request: Request, error: ActionError) -> Response:
    return answers.problem(ended_by(error))


async def _http(request: Request, error: HTTPException) -> Response:
    return answers.problem(failed(error.status_code, error.detail), headers=dict(error.headers or {}))


async def _crashed(request: Request, error: Exception) -> Response:
    return answers.problem(ended_by(error))
