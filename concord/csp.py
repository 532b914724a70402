"""The Content-Security-Policy of every answer: nothing from elsewhere, and nothing inline."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
STRICT = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Swagger's page sets style attributes as it draws. It shows no data and asks for nothing but /schema.
DOCS = f"{STRICT}; style-src 'self' 'unsafe-inline'"


def content_security_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware that gives each answer its policy, unless a view has given it one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault(HEADER, DOCS if request.path == "/docs" else STRICT)
        return response

    return middleware
