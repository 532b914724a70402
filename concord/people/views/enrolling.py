"""Enrolling an authenticator: the QR code, a first code as proof, and the recovery codes, which are shown once."""

from collections.abc import Callable

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from concord.people import counting, signals, throttle, totp
from concord.people.crypt import Unreadable

TEMPLATE = "account/enrol.html"


def answer(
    request: HttpRequest,
    user: User,
    *,
    target: str,
    at_log_in: bool = False,
    then: Callable[[], None] = lambda: None,
) -> HttpResponse:
    """The page, or what becomes of the code that was sent. Once it is right, ``then`` is called."""
    shown = {"at_log_in": at_log_in}
    if request.method == "POST":
        count = throttle.Count("enrol", str(user.pk), throttle.CODE)
        if wait := throttle.take(count):
            return counting.too_many(render(request, TEMPLATE, shown | {"wait": wait}), wait)
        if codes := _confirmed(user, request.POST.get("code", "")):
            throttle.give_back(count)
            then()
            signals.totp_enrolled.send(User, user=user, request=request, by=user.get_username())
            return render(request, "account/recovery_codes.html", {"codes": codes, "target": target, "enrolled": True})
        shown["wrong"] = True
    secret = totp.begin(user, anew=request.method == "GET")
    # segno wrote the picture, and escaped the words in it.
    picture = mark_safe(totp.picture(user, secret))  # noqa: S308
    return render(request, TEMPLATE, shown | {"picture": picture, "secret": totp.spelled(secret)})


def _confirmed(user: User, code: str) -> list[str]:
    try:
        return totp.confirm(user, code)
    except Unreadable:
        return []
