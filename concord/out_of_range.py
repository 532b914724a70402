"""A number or a time that no database can compare with, such as 9999 west of Greenwich, is a mistake of the asker.

Django's own forms and filters, such as the admin's, let them through and fail where the value is used.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from concord import errors

logger = logging.getLogger(__name__)


class OutOfRange:
    """Middleware: answers 400 where a view raised an OverflowError, and keeps the place in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> Any:
        if isinstance(error, OverflowError):
            logger.warning("A value is out of range", exc_info=error)
            return errors.bad_request(request, error)
        return None
