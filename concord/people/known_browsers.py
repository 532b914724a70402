"""Browsers in which a person logged in before, by a signed cookie (OWASP: device cookies).

Such a browser's tries are counted for it alone, so that a stranger who tries somebody's name all the time does not keep
the person out. The cookie lets nobody in.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

YEAR = 365 * 24 * 3600
SALT = "concord.people.known_browsers"


def cookie_name() -> str:
    return f"{settings.COOKIE_PREFIX}known"


def find(request: HttpRequest, name: str) -> str:
    """What this browser's tries for the account ``name`` are counted for; empty if it is not known for it."""
    try:
        known_for, browser = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=YEAR)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(browser) if known_for == name else ""


def remember(response: HttpResponseBase, name: str) -> None:
    """Let the browser be known for the account ``name`` from now on."""
    response.set_cookie(
        cookie_name(),
        signing.dumps([name, secrets.token_urlsafe(16)], salt=SALT),
        max_age=YEAR,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
