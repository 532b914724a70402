"""One's own account: the sessions, the password, and showing once more who one is."""

import time
from typing import Any

from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters

from concord.people import counting, entering, recovery, sessions, throttle, totp
from concord.people.doors import own, own_act
from concord.people.forms import FAR_TOO_LONG, OwnPasswordForm
from concord.people.oidc import provider


@own
def account(request: HttpRequest) -> HttpResponse:
    """What is known of the account, and its sessions."""
    user: Any = request.user
    one = totp.of(user)
    shown = {
        "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        "totp": one,
        "codes_left": recovery.left(one) if one else 0,
        "codes_of": recovery.MANY,
        "is_required": entering.needs_totp(user),
        "sessions": sessions.listed(user, request.session.session_key),
        "by_provider": not user.has_usable_password(),
    }
    return render(request, "account/account.html", shown)


@own_act
def end_session(request: HttpRequest) -> HttpResponse:
    """End the session ``session``, or all others but this."""
    user: Any = request.user
    if handle := request.POST.get("session", ""):
        count = sessions.end(user, handle, request)
    else:
        count = sessions.end_all(user, "ended", request, keep=request.session.session_key)
    words = {0: "No session was left to end.", 1: "The session has ended."}
    messages.success(request, words.get(count, f"{count} sessions have ended."))
    return redirect("account:account")


@sensitive_post_parameters()
@own
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password. The old one is the proof of who is there; all other sessions end."""
    user: Any = request.user
    if not user.has_usable_password():
        return render(request, "account/password.html", {"by_provider": True})
    form = OwnPasswordForm(user, request.POST or None)
    if request.method == "POST":
        counts = counting.counts(request, user.get_username())
        if wait := throttle.take(*counts):
            page = render(request, "account/password.html", {"form": OwnPasswordForm(user), "wait": wait})
            return counting.too_many(page, wait)
        is_valid = form.is_valid()
        if "old_password" not in form.errors:
            throttle.give_back(*counts)
        else:
            counting.failed(request, user)
        if is_valid:
            return _change(request, user, form)
    return render(request, "account/password.html", {"form": form})


def _change(request: HttpRequest, user: User, form: OwnPasswordForm) -> HttpResponse:
    request.session.cycle_key()
    user.keep_session = request.session.session_key  # type: ignore[attr-defined]
    form.save()
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    request.session[entering.PROVED] = time.time()
    messages.success(request, "Your password has changed, and your other sessions have ended.")
    return redirect("account:account")


@sensitive_post_parameters()
@own
def confirm(request: HttpRequest) -> HttpResponse:
    """Show once more who one is, by the password or by a code."""
    user: Any = request.user
    target = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(target, None):
        target = reverse("account:account")
    shown = {
        "target": target,
        "with_password": user.has_usable_password(),
        "with_code": totp.of(user) is not None,
        "with_oidc": provider.is_configured() and not user.has_usable_password(),
    }
    if request.method == "GET":
        return render(request, "account/confirm.html", shown)
    right, wait = _prove(request, user)
    if right:
        request.session[entering.PROVED] = time.time()
        return HttpResponseRedirect(target)  # an address, and never the name of a view
    page = render(request, "account/confirm.html", shown | {"wrong": True, "wait": wait})
    return counting.too_many(page, wait) if wait else page


def _prove(request: HttpRequest, user: User) -> tuple[bool, float]:
    """Is what was sent right, and if not, how many seconds must one wait?"""
    if given := request.POST.get("code", ""):
        right, wait = entering.take_code(request, user, given)
        if not (right or wait):
            counting.failed(request, user)
        return right, wait
    counts = counting.counts(request, user.get_username())
    if wait := throttle.take(*counts):
        return False, wait
    if right := user.check_password(request.POST.get("password", "")[:FAR_TOO_LONG]):
        throttle.give_back(*counts)
    else:
        counting.failed(request, user)
    return right, 0
