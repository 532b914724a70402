"""What is answered where no view could: a problem document to programs, a plain page to people."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from operations import problems

PAGES = ("/console", "/admin", "/docs", "/accounts")

Page = Callable[..., HttpResponse]


def _either(page: Page, status: int, detail: str) -> Page:
    """A handler that answers with Django's ``page`` on the console's and the admin's paths, else with a problem."""

    def handler(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        if not request.path.startswith(PAGES):
            return problems.answer(request, status, detail)
        arguments: dict[str, Any] = {} if status == 500 else {"exception": exception}
        return page(request, **arguments)

    return handler


bad_request = _either(defaults.bad_request, 400, "The request is malformed, or for a host that is not served here.")
forbidden = _either(defaults.permission_denied, 403, "You may not do this.")
not_found = _either(defaults.page_not_found, 404, "There is nothing here. The API is described at /docs.")
server_error = _either(defaults.server_error, 500, "Something went wrong in Concord. The log has it by X-Request-Id.")
