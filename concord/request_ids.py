"""Every request has an id: the caller's if it sends a sensible one, else a new one. It is in answer and log.

One that looks like an e-mail address, a telephone number or a key is not sensible.
"""

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

from workers.masking import masked

HEADER = "X-Request-Id"
SENSIBLE = re.compile(r"[\w.:/+=@-]{1,128}", re.ASCII)


def request_id(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware; comes first."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        name = given if SENSIBLE.fullmatch(given) and masked(given) == given else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=name):
            response = get_response(request)
        response.headers[HEADER] = name
        return response

    return middleware
