"""How long a client is willing to wait for the end of its operation: the `Prefer` header of RFC 7240."""

import re
from dataclasses import dataclass

from django.conf import settings

LONGEST_WAIT = 300

PREFERENCE = re.compile(r'\s*([\w!#$%&\'*+.^`|~-]+)\s*(?:=\s*("?)([^",;]*)\2)?\s*(?:;[^,]*)?(?:,|$)')


@dataclass(frozen=True)
class Preference:
    """How many seconds to wait, and what to say of that in `Preference-Applied` (empty: nothing was asked)."""

    seconds: float
    applied: str = ""


def preference(header: str) -> Preference:
    """What a `Prefer` header asks for. What it says badly, or about other things, is passed over, as the RFC says.

    `wait=N` waits up to N seconds, at most 300; `respond-async` alone does not wait; else the default applies.
    """
    asked: dict[str, str] = {}
    for name, _, value in PREFERENCE.findall(header):
        asked.setdefault(name.lower(), value.strip())
    wait = asked.get("wait", "")
    if wait.isascii() and wait.isdigit():
        seconds = min(int(wait[:6]), LONGEST_WAIT)
        return Preference(seconds, f"wait={seconds}")
    if "respond-async" in asked:
        return Preference(0, "respond-async")
    return Preference(settings.SYNC_WAIT_SECONDS)
