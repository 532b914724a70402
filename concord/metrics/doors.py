"""Counting at the doors: each HTTP request by its route, and the sockets that are open."""

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from concord.metrics import families
from concord.metrics.families import Rise
from concord.metrics.process import figures

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NOWHERE = "none"  # the route of an address that leads nowhere: whoever probes must not make figures


def count_requests(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware; comes first. What a request waits for the end of its operation is not a view's time."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        took = time.perf_counter() - began
        method = request.method if request.method in METHODS else "other"
        route = request.resolver_match.view_name if request.resolver_match else NOWHERE

        def add(rise: Rise) -> None:
            rise.count(families.HTTP_REQUESTS, str(method), route, str(response.status_code))
            rise.observe(families.HTTP_SECONDS, took, str(method), route)

        figures.add(add)
        return response

    return middleware


class CountSockets:
    """Wraps the application of the sockets: counts those that were let in, until they end."""

    def __init__(self, application: Any):
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_open = False

        async def sending(message: Any) -> None:
            nonlocal is_open
            if message["type"] == "websocket.accept" and not is_open:
                is_open = True
                figures.opened(1)
            await send(message)

        try:
            await self.application(scope, receive, sending)
        finally:
            if is_open:
                figures.opened(-1)
