"""The way in, once a person has shown a password or has come from the single sign-on: a code where one is due, then in.

Until the code was seen nobody is logged in: the session only remembers, for a quarter of an hour, who is about to be.
"""

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare

from concord.people import known_browsers, recovery, signals, throttle, totp
from concord.people.counting import name_key
from concord.people.crypt import Unreadable
from concord.people.models import Totp
from concord.people.session_store import HALF_DONE

logger = logging.getLogger(__name__)

PENDING = "entering"
PROVED = "proved"  # when the person last showed a password or a code, in seconds


@dataclass(frozen=True)
class Pending:
    """Who is about to be logged in, and where to go then."""

    user: User
    backend: str
    target: str


def needs_totp(user: User) -> bool:
    """Must this person have an authenticator (REQUIRE_TOTP)? Superusers must where anybody must."""
    if not settings.REQUIRE_TOTP:
        return False
    return user.is_superuser or user.groups.filter(name__in=settings.REQUIRE_TOTP).exists()


def proceed(request: HttpRequest, user: Any, target: str) -> HttpResponse:
    """Go on with a person who ``authenticate`` has found: to the code, to enrolling, or in and to ``target``."""
    has_one = totp.of(user) is not None
    if not (has_one or needs_totp(user)):
        return finish(request, Pending(user, user.backend, target))
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": user.pk,
        "backend": user.backend,
        "target": target,
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
    }
    return redirect("login-code" if has_one else "login-enrol")


def pending(request: HttpRequest) -> Pending | None:
    """Who is about to be logged in; nobody if it was long ago, or the account has changed since."""
    kept = request.session.get(PENDING)
    if not kept or time.time() - kept["at"] > HALF_DONE.total_seconds():
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), kept["hash"]):
        return None
    return Pending(user, kept["backend"], kept["target"])


def finish(request: HttpRequest, who: Pending) -> HttpResponse:
    """Log the person in, and go where they wanted to go."""
    log_in(request, who)
    response = HttpResponseRedirect(who.target)  # an address, and never the name of a view
    known_browsers.remember(response, name_key(who.user.get_username()))
    return response


def log_in(request: HttpRequest, who: Pending) -> None:
    """Give the person a session with a new key."""
    request.session.pop(PENDING, None)
    auth.login(request, who.user, backend=who.backend)


def take_code(request: HttpRequest, user: User, code: str) -> tuple[bool, float]:
    """Is this a code of the person's authenticator, or a recovery code?

    If not, the second says in how many seconds one may try again, 0 being now.
    """
    count = throttle.Count("code", str(user.pk), throttle.CODE)
    if wait := throttle.take(count):
        return False, wait
    one = totp.of(user)
    if one and _is_of_app(one, code):
        throttle.give_back(count)
        return True, 0
    if one and recovery.take(one, code):
        throttle.give_back(count)
        signals.recovery_code_used.send(User, user=user, request=request, left=recovery.left(one))
        return True, 0
    return False, 0


def _is_of_app(one: Totp, code: str) -> bool:
    try:
        return totp.take(one, code)
    except Unreadable as error:
        logger.error("The authenticator of %s cannot be used: %s. Reset it with `reset_totp`.", one.user_id, error)
        return False
