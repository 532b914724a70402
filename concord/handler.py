"""Django behind ASGI: a request's middleware and view run in one go, in one of a few threads that are kept."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponseBase

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


class Handler(ASGIHandler):
    """Django's ASGI handler for a project of synchronous middleware and views.

    Django's own one changes threads for each middleware, there and back.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response)(request)

    def create_request(self, scope: Mapping[str, Any], body_file: Any) -> Any:
        request, refusal = super().create_request(scope, body_file)
        if request and "CONTENT_LENGTH" not in request.META:
            # A body that came in chunks: DRF takes a missing length for an empty body.
            request.META["CONTENT_LENGTH"] = str(body_file.seek(0, os.SEEK_END))
            body_file.seek(0)
        return request, refusal


class Lanes:
    """Runs each request's synchronous code on one of ``size`` threads; who finds none free waits for one.

    Django would start a thread, and with it a database connection, for every request. Here both are kept, and
    there are never more. Paths in ``apart`` have a thread of their own, so that slow requests do not stop them.
    """

    def __init__(self, application: Application, size: int, apart: frozenset[str] = frozenset()):
        self.application = application
        self.size = size
        self.apart = apart
        self._free: Mapping[bool, asyncio.LifoQueue[ThreadPoolExecutor]] = {}

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        free = self._lanes()[scope["path"] in self.apart]
        # The one that ran last first: it is warm, and the others may never be needed.
        lane = await free.get()
        try:
            async with ThreadSensitiveContext(executor=lane):
                await self.application(scope, receive, send)
        finally:
            free.put_nowait(lane)

    def _lanes(self) -> Mapping[bool, asyncio.LifoQueue[ThreadPoolExecutor]]:
        if not self._free:
            self._free = {False: _threads(self.size, "request"), True: _threads(1, "apart")}
        return self._free


def _threads(count: int, name: str) -> asyncio.LifoQueue[ThreadPoolExecutor]:
    lanes: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
    for number in range(count):
        lanes.put_nowait(ThreadPoolExecutor(1, thread_name_prefix=f"{name}-{number}"))
    return lanes
