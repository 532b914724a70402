"""Showing what is masked: who asks, has the permission and says what for gets it, and the audit trail an entry.

The page is made anew with open eyes, by the view that made it. Nothing is given out before the entry is written.
"""

import copy
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.encoding import escape_uri_path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from operations import rights
from operations.access import ConsoleRequest, check
from operations.masking import purposes, recording
from operations.masking.grants import HEADER, QUERY, Grant, granted
from operations.masking.sight import ALL

LONGEST = 80  # characters of a part's name


@never_cache
@require_POST
def reveal(request: ConsoleRequest) -> HttpResponseBase:
    """Show a ``part`` of a ``page``, or "all" of it, for a ``purpose`` (or in ``words`` of one's own)."""
    if not request.user.is_authenticated:
        return _refused(
            request, 401, "You are signed out", "Sign in again: nothing was shown, and nothing was recorded."
        )
    check(request.user, rights.USE)
    check(request.user, rights.SEE_OWNERS)
    purpose = purposes.purpose_of(request.POST)
    if not purpose:
        return _refused(request, 422, "What for?", "Go back and choose, or write, what you want to see the values for.")

    asked = _as_page(request)
    part = request.POST.get("part", ALL)[:LONGEST]
    asked.reveals = granted(asked).parts | {part}
    response = _looked_at(asked)
    if response.status_code != 200:
        return response
    eyes = asked.eyes
    if eyes.seen:
        recording.note(recording.REVEALED, eyes, purpose, [part])
        purposes.remember(request.session, ":".join(eyes.target), purpose)
    grant = Grant(asked.path, asked.reveals).signed(request)
    if request.htmx:
        response.headers[HEADER] = grant
        return response
    asked.GET[QUERY] = grant
    place = "reveal" if part == ALL else f"people-{quote(part)}"
    return redirect(f"{escape_uri_path(asked.path)}?{asked.GET.urlencode()}#{place}")


def _refused(request: ConsoleRequest, status: int, title: str, detail: str) -> HttpResponse:
    return render(request, "refused.html", {"title": title, "detail": detail}, status=status)


def _path(request: ConsoleRequest) -> str:
    """The page that was open: an address of this site, below the console."""
    given = urlsplit(request.POST.get("page", ""))
    if not given.path.startswith("/console/"):
        return "/console/"
    return f"{given.path}?{given.query}" if given.query else given.path


def _as_page(request: ConsoleRequest) -> Any:
    """The request of the page itself, by the same person."""
    address = urlsplit(_path(request))
    asked: Any = copy.copy(request)
    asked.method = "GET"
    asked.path = asked.path_info = unquote(address.path)
    asked.META = request.META | {"QUERY_STRING": address.query, "PATH_INFO": asked.path, "REQUEST_METHOD": "GET"}
    asked.GET, asked.POST = QueryDict(address.query, mutable=True), QueryDict()
    asked.GET.pop(QUERY, None)
    asked.htmx = False
    try:
        asked.resolver_match = resolve(asked.path)
    except Resolver404 as error:
        raise Http404("There is no such page.") from error
    if not getattr(asked.resolver_match.func, "is_page", False):
        raise Http404("There is no such page.")
    return asked


def _looked_at(asked: Any) -> HttpResponse:
    match = asked.resolver_match
    return match.func(asked, *match.args, **match.kwargs)
