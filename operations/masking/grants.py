"""What was asked for and recorded, as a signed text: the page that refreshes itself, or is loaded anew, shows it on.

It holds for one person, one session and one page, and only for a while. Who has no permission any more sees nothing.
"""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.crypto import salted_hmac

SALT = "concord.masking"
WITHOUT_SCRIPTS = 120  # seconds: such a page cannot tell whether anybody is there
LONGEST = 900  # of one that hides the values by itself
QUERY, HEADER = "shown", "Concord-Shown"


@dataclass(frozen=True)
class Grant:
    """The ``parts`` of the page at ``path``."""

    path: str
    parts: frozenset[str]

    def signed(self, request: Any) -> str:
        return signing.dumps([self.path, sorted(self.parts), *_holder(request)], salt=SALT)


def granted(request: Any) -> Grant:
    """What the request brings along; no part of its page where that is nothing, or not his, or over."""
    text, age = request.headers.get(HEADER, ""), LONGEST
    if not text:
        text, age = request.GET.get(QUERY, ""), WITHOUT_SCRIPTS
    return _read(request, text, age) or Grant(request.path, frozenset())


def _read(request: Any, text: str, age: int) -> Grant | None:
    if not text:
        return None
    try:
        path, parts, *holder = signing.loads(text, salt=SALT, max_age=age)
    except (signing.BadSignature, ValueError):
        return None
    return Grant(path, frozenset(parts)) if path == request.path and holder == _holder(request) else None


def _holder(request: Any) -> list[str]:
    session = request.session.session_key or ""
    return [str(request.user.pk), salted_hmac(SALT, session).hexdigest()[:16]]
