"""Who may open a page about an own account: whoever is logged in; and for some acts, whoever proved it just now."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from concord.people.entering import PROVED

View = Callable[..., HttpResponseBase]
FRESH = 15 * 60  # seconds


def own(view: View) -> View:
    """A page of one's own account; it may take a form."""
    return never_cache(require_http_methods(["GET", "POST"])(login_required(view)))


def own_act(view: View) -> View:
    """An act on one's own account: a POST."""
    return never_cache(require_POST(login_required(view)))


def fresh(view: View) -> View:
    """Asks for the password or a code first, unless one was given in the last quarter of an hour. Within `own`."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_fresh(request):
            return view(request, *args, **kwargs)
        target = request.path if request.method == "GET" else reverse("account:account")
        return redirect(f"{reverse('account:confirm')}?{urlencode({'next': target})}")

    return checked


def is_fresh(request: HttpRequest) -> bool:
    """Has the person shown a password or a code in this session lately?"""
    return time.time() - request.session.get(PROVED, 0) < FRESH
