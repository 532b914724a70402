"""Whose calls are counted: a key, a person, or, for who is not known yet, an address.

What a request presents may be made up. So it counts for its address until a view has let it in; from then on this
process knows whose it is. That way nobody gets a new bucket by sending another key, and those who share an address
do not use up each other's.
"""

import hashlib
from collections import OrderedDict
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from concord.addresses import client_address, neighbourhood
from operations.authentication import presented
from operations.models import ApiKey

MOST_KNOWN = 10_000
SAYS = "concord.limits.caller"  # in the scope: whose request a view has let in


def credential(scope: Any) -> tuple[str, bool]:
    """A digest of the key or the session that the request presents, empty for none; and whether it is a key."""
    headers = {name.lower(): value.decode("latin1") for name, value in scope["headers"]}
    key = presented(headers.get(b"authorization", ""), headers.get(b"x-api-key", ""))
    shown = key or parse_cookie(headers.get(b"cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
    return (hashlib.sha256(shown.encode()).hexdigest()[:32] if shown else ""), bool(key)


def address(scope: Any) -> str:
    return f"address:{neighbourhood(client_address(scope))}"


def let_in(request: HttpRequest) -> str:
    """Whose request this was, as the view found out; empty where it did not ask, or let nobody in.

    A person's session is looked up only where the view needs it: that is not done here.
    """
    user = request.__dict__.get("user")
    if isinstance(user, ApiKey):
        return f"key:{user.pk}"
    person = getattr(request, "_cached_user", None)
    return f"person:{person.pk}" if person is not None and person.is_authenticated else ""


class Known:
    """Whose a credential is, as far as this process knows; the least recently seen ones are forgotten."""

    def __init__(self) -> None:
        self._whose: OrderedDict[str, str] = OrderedDict()

    def whose(self, credential: str) -> str:
        """The key or the person; empty where the credential is new."""
        if credential not in self._whose:
            return ""
        self._whose.move_to_end(credential)
        return self._whose[credential]

    def learn(self, credential: str, whose: str) -> None:
        self._whose[credential] = whose
        if len(self._whose) > MOST_KNOWN:
            self._whose.popitem(last=False)

    def forget(self, credential: str) -> None:
        """It was refused: it is revoked or over."""
        self._whose.pop(credential, None)
