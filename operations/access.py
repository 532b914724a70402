"""Who may open the console (staff look; reviewers look and act), and what everybody else is answered."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.middleware import HtmxDetails

from operations.models import is_reviewer


class ConsoleRequest(HttpRequest):
    """A request of somebody who may open the console."""

    user: Any  # a User; anybody until the view has been reached
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def may_look(user: Any) -> bool:
    """May this person open the console?"""
    return bool(getattr(user, "is_active", False) and user.is_staff) or is_reviewer(user)


def page(view: View) -> View:
    """A page of the console: read by GET, kept in no cache."""
    return never_cache(require_GET(_asking(may_look, view)))


def page_of(allowed: Callable[[Any], bool]) -> Callable[[View], View]:
    """A page for those who may look and whom ``allowed`` allows."""
    return lambda view: never_cache(require_GET(_asking(lambda user: may_look(user) and allowed(user), view)))


def act(view: View) -> View:
    """Something that a reviewer does: a POST."""
    return never_cache(require_POST(_asking(is_reviewer, view)))


def act_of(allowed: Callable[[Any], bool]) -> Callable[[View], View]:
    """Something that those do who may look and whom ``allowed`` allows: a POST."""
    return lambda view: never_cache(require_POST(_asking(lambda user: may_look(user) and allowed(user), view)))


def may_start(user: Any) -> bool:
    """May this person start operations?"""
    return is_reviewer(user) or bool(user.has_perm("operations.add_operation"))


def may_withdraw(user: Any) -> bool:
    """May this person withdraw releases and put them back?"""
    return bool(user.has_perm("workers.withdraw_release"))


def may_see_owners(user: Any) -> bool:
    """May this person see who owns what, and where they live?"""
    return bool(user.has_perm("workers.see_owners"))


def _asking(allowed: Callable[[Any], bool], view: View) -> View:
    @wraps(view)
    def checked(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        if not allowed(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def _sign_in(request: ConsoleRequest) -> HttpResponse:
    if request.htmx:  # a fragment is not replaced by a log-in page; the page says what happened
        return HttpResponse(status=401)
    # An act is `<page>/<verb>`: after logging in one comes back to the page.
    path = request.get_full_path() if request.method == "GET" else request.path.rpartition("/")[0]
    return redirect_to_login(path)
