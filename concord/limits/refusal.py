"""A request that a limit refuses: what is said of it, and the middleware that says it, with every usual header."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from concord.errors import PAGES
from concord.limits import callers
from operations import problems

SAYS = "concord.limits.refusal"  # in the scope
TITLES = {413: "This is too large", 414: "This address is too long", 429: "That was a little fast"}


@dataclass(frozen=True)
class Refusal:
    """The status, the reason and what to do about it, more headers, and more members of the problem document."""

    status: int
    detail: str
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


def answer_refused(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answers what was refused at the door, and tells the door whom a view has let in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        scope = getattr(request, "scope", None)
        if scope is None:  # not through the door: a test's own client
            return get_response(request)
        if refusal := scope.get(SAYS):
            return _answer(request, refusal)
        response = get_response(request)
        scope[callers.SAYS] = callers.let_in(request)
        return response

    return middleware


def _answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if request.path.startswith(PAGES) and "HX-Request" not in request.headers:
        title = TITLES.get(refusal.status, "This cannot be taken")
        shown = {"title": title, "detail": refusal.detail}
        response = render(request, "refused.html", shown, status=refusal.status)
    else:
        response = problems.answer(request, refusal.status, refusal.detail, **refusal.more)
    for name, value in refusal.headers.items():
        response.headers[name] = value
    return response
