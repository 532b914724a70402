"""The header fields that tell a client how much is left: those of the IETF draft, and the usual X-RateLimit ones."""

import math
import time
from collections.abc import Sequence

from concord.limits.cells import Level
from concord.limits.kinds import FAILED, SOCKET, START
from concord.limits.refusal import Refusal

EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
WHAT = {START: "operations", SOCKET: "sockets", FAILED: "keys that are not valid"}


def fields(level: Level) -> dict[str, str]:
    """How the bucket stands. ``X-RateLimit-Reset`` is a Unix time, ``t`` seconds from now."""
    rate, kind = level.bucket.rate, level.bucket.kind
    reset = math.ceil(level.reset)
    return {
        "RateLimit-Policy": f'"{kind}";q={rate.calls};w={rate.seconds}',
        "RateLimit": f'"{kind}";r={level.remaining};t={reset}',
        "X-RateLimit-Limit": str(rate.calls),
        "X-RateLimit-Remaining": str(level.remaining),
        "X-RateLimit-Reset": str(math.ceil(time.time()) + reset),
    }


def refused(levels: Sequence[Level]) -> Refusal | None:
    """The refusal for the bucket that is full; None where none is."""
    full = [level for level in levels if level.wait > 0]
    if not full:
        return None
    level = max(full, key=lambda level: level.wait)
    rate, kind, wait = level.bucket.rate, level.bucket.kind, max(1, math.ceil(level.wait))
    what = WHAT.get(kind, "requests")
    detail = f"More than {rate.calls:,} {what} in {rate.seconds} seconds. Try again in {wait} s."
    headers = fields(level) | {"Retry-After": str(wait)}
    return Refusal(429, detail, headers, {"type": EXCEEDED, "violated-policies": [kind]})
