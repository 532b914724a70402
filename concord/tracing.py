"""Each HTTP request as a span, under that of the client where it sends a `traceparent`."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from workers import tracing

NOT_TRACED = frozenset({"/health", "/metrics"})  # asked all the time, by machines


def trace_requests(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not tracing.is_on() or request.path in NOT_TRACED:
            return get_response(request)
        asked = {"http.request.method": request.method, "url.scheme": request.scheme}
        parent = request.headers.get("traceparent", "")
        with tracing.span(str(request.method), asked, kind="server", parent=parent) as span:
            response = get_response(request)
            if request.resolver_match:  # not the path itself, which may name a person
                span.name(f"{request.method} {request.resolver_match.view_name}")
                span.tell({"http.route": request.resolver_match.route})
            span.tell({"http.response.status_code": response.status_code})
            if response.status_code >= 500:
                span.failed(str(response.status_code))
        return response

    return middleware
