"""Who acts in a request: for the audit trail and for the log, which has a line for each request."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from concord.addresses import client_address
from operations.audit import acting
from operations.audit.models import ActorKind
from operations.audit.recording import record

logger = logging.getLogger("concord.access")

QUIET = frozenset({"/health", "/metrics"})  # asked all the time, by machines
READS = frozenset({"GET", "HEAD", "OPTIONS"})
OPERATION = re.compile(r"op-\d{8}-\d{6}-[0-9a-f]{8}")


def act(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware; comes after the request's id. Paths and queries are not written down: names are in them."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        known = structlog.contextvars.get_contextvars()
        if found := OPERATION.search(request.path):
            structlog.contextvars.bind_contextvars(operation_id=found[0])
        try:
            with acting.acting(request, client_address(request), known.get("request_id", "")):
                response = get_response(request)
                if response.status_code == 403 and request.method not in READS:
                    _refused(request)
                _tell(request, response, time.perf_counter() - began)
        finally:
            request.log_ids = structlog.contextvars.get_contextvars()  # type: ignore[attr-defined]
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(**known)
        return response

    return middleware


def route_of(request: Any) -> str:
    """The name of what was asked for, which has no data in it."""
    return request.resolver_match.view_name if request.resolver_match else "none"


def _refused(request: HttpRequest) -> None:
    """Somebody known tried what he may not. Strangers would only fill the trail."""
    actor = acting.who()
    if actor.kind == ActorKind.STRANGER:
        return
    found = OPERATION.search(request.path)
    record("request.refused", ("route", route_of(request)), operation=found[0] if found else "", actor=actor)


def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    quiet = request.path in QUIET and response.status_code < 500
    actor = _known(request)
    logger.log(
        logging.DEBUG if quiet else logging.INFO,
        "%s %s %s",
        request.method,
        route_of(request),
        response.status_code,
        extra={
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "actor": f"{actor.kind}:{actor.id}" if actor.id else actor.kind,
            "client_address": client_address(request),
        },
    )


def _known(request: HttpRequest) -> acting.Actor:
    """Who asked, as far as the view wanted to know: nobody looks a session up for the log alone."""
    user: Any = request.__dict__.get("user")
    return acting.actor_of(getattr(request, "_cached_user", None) if isinstance(user, SimpleLazyObject) else user)
