"""Django behind ASGI: a request's middleware and view run in one go, in one of a few threads that are kept."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import connections
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
        self.apart = apart
        self._threads = [ThreadPoolExecutor(1, thread_name_prefix=f"request-{number}") for number in range(size + 1)]
        self._free: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        self._free_apart: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for number, thread in enumerate(self._threads):
            (self._free if number < size else self._free_apart).put_nowait(thread)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        free = self._free_apart if scope["path"] in self.apart else self._free
        # The one that ran last first: it is warm, and the others may never be needed.
        thread = await free.get()
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.application(scope, receive, send)
        finally:
            free.put_nowait(thread)

    def close(self) -> None:
        """End the threads and their database connections."""
        for thread in self._threads:
            thread.submit(connections.close_all)
            thread.shutdown()
