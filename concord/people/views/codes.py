"""One's own authenticator: enrolling it, taking it away, and new recovery codes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from concord.people import entering, recovery, signals, totp
from concord.people.doors import fresh, own, own_act
from concord.people.views import enrolling


@sensitive_post_parameters()
@own
@fresh
def enrol(request: HttpRequest) -> HttpResponse:
    """Enrol an authenticator, where there is none."""
    user: Any = request.user
    if totp.of(user):
        messages.info(request, "You have an authenticator. Remove it first to enrol another one.")
        return redirect("account:account")
    return enrolling.answer(request, user, target=reverse("account:account"))


@own_act
@fresh
def remove(request: HttpRequest) -> HttpResponse:
    """Take the authenticator away. Who must have one enrols the next as he logs in again."""
    user: Any = request.user
    if totp.remove(user):
        signals.totp_removed.send(User, user=user, request=request, by=user.get_username())
        messages.success(request, "The authenticator is removed.")
    if entering.needs_totp(user):
        logout(request)
        return redirect("login")
    return redirect("account:account")


@own_act
@fresh
def new_codes(request: HttpRequest) -> HttpResponse:
    """Ten new recovery codes; the old ones are good no more."""
    user: Any = request.user
    one = totp.of(user)
    if one is None:
        return redirect("account:account")
    return render(
        request, "account/recovery_codes.html", {"codes": recovery.issue(one), "target": reverse("account:account")}
    )
