"""The doors of the console: what each page and act asks for, and what everybody else is answered."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.middleware import HtmxDetails

from operations import rights
from operations.masking.viewing import viewing
from operations.rights import Right


class ConsoleRequest(HttpRequest):
    """A request of somebody who may open the console."""

    user: Any  # a User; anybody until the view has been reached
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def may_look(user: Any) -> bool:
    """May this person open the console?"""
    return rights.USE.is_of(user)


def may_open_admin(user: Any) -> bool:
    """May this person open the admin's front page? That is no right to any other page of it."""
    return bool(getattr(user, "is_active", False) and user.is_staff) or rights.MANAGE.is_of(user)


def page(view: View) -> View:
    """A page for all who use the console: read by GET, kept in no cache."""
    return page_of(rights.USE)(view)


def page_of(right: Right) -> Callable[[View], View]:
    """A page for those who have a right."""
    return lambda view: _as_page(never_cache(require_GET(_asking(right, view))))


def _as_page(view: View) -> View:
    """Mark it as what can be looked at again with other eyes (see operations.masking.revealing)."""
    view.is_page = True  # type: ignore[attr-defined]
    return view


def act(view: View) -> View:
    """Something that a reviewer does: a POST."""
    return act_of(rights.DECIDE)(view)


def act_of(right: Right) -> Callable[[View], View]:
    """Something that those do who have a right: a POST."""
    return lambda view: never_cache(require_POST(_asking(right, view)))


def check(caller: Any, right: Right) -> None:
    """Go on if ``caller`` has the right; else answer 403, with what he lacks."""
    if not right.is_of(caller):
        raise PermissionDenied(right.missing(caller))


may_start = partial(Right.is_of, rights.START)
may_withdraw = partial(Right.is_of, rights.WITHDRAW)
may_see_owners = partial(Right.is_of, rights.SEE_OWNERS)


def _asking(right: Right, view: View) -> View:
    @wraps(view)
    def checked(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        check(request.user, rights.USE)
        check(request.user, right)
        return viewing(request, lambda: view(request, *args, **kwargs))

    return checked


def _sign_in(request: ConsoleRequest) -> HttpResponse:
    if request.htmx:  # a fragment is not replaced by a log-in page; the page says what happened
        return HttpResponse(status=401)
    # An act is `<page>/<verb>`: after logging in one comes back to the page.
    path = request.get_full_path() if request.method == "GET" else request.path.rpartition("/")[0]
    return redirect_to_login(path)
