"""A rate such as 600/minute, as the settings write it. Nothing here needs the settings, which read it."""

import re
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
WRITTEN = re.compile(rf"(\d{{1,9}})/({'|'.join(SECONDS)})")


@dataclass(frozen=True)
class Rate:
    """So many calls in so many seconds."""

    calls: int
    seconds: int


def parse(name: str, text: str) -> Rate | None:
    """The rate that the setting ``name`` has as ``text``; None for 0, which is no limit."""
    if text == "0":
        return None
    found = WRITTEN.fullmatch(text.replace(" ", ""))
    if found is None or int(found[1]) == 0:
        raise ImproperlyConfigured(f"{name}={text!r} is no rate: write it like 600/minute, or 0 for no limit")
    return Rate(int(found[1]), SECONDS[found[2]])
