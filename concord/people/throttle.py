"""How often passwords and codes may be tried: some at once, then one in a while, counted in the database.

Counted there because it is asked anyway, whereas Redis may be away; and by one conditional update before the password
is looked at, so that guesses in parallel get no more tries than one after the other. (django-axes looks first and
counts afterwards.) Nobody is locked out for good: a try comes free all the time, and a browser in which the person
logged in before has tries of its own, which a stranger cannot use up (see known_browsers).
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac

from concord.people.models import Tries


@dataclass(frozen=True)
class Pace:
    """So many tries at once, and then one every so many seconds (the generic cell rate algorithm)."""

    burst: int
    seconds: float


# The first of each slows down, the second one locks: for ten minutes a try, half an hour of a code.
ACCOUNT = (Pace(5, 60), Pace(30, 600))
ADDRESS = (Pace(20, 10), Pace(200, 60))  # many people may share one
CODE = (Pace(5, 60), Pace(15, 1800))


@dataclass(frozen=True)
class Count:
    """What tries are counted for: a ``kind`` and ``whom``, with its paces."""

    kind: str
    whom: str
    paces: tuple[Pace, ...]

    def digests(self) -> Iterable[tuple[str, Pace]]:
        for pace in self.paces:
            text = f"{self.kind}\n{pace.seconds}\n{self.whom}"
            yield salted_hmac("concord.people.throttle", text, algorithm="sha256").hexdigest(), pace


def take(*counts: Count) -> float:
    """Take one try of each. Returns 0 where there was one, else in how many seconds there is one.

    The first that has none ends it, so that who is refused for his address takes none of an account's. Outside of a
    transaction: what was tried stays counted, whatever becomes of the request.
    """
    for count in counts:
        for digest, pace in count.digests():
            if wait := _take(digest, pace):
                return wait
    return 0


def give_back(*counts: Count) -> None:
    """Return the try that was taken: it was right."""
    for count in counts:
        for digest, pace in count.digests():
            Tries.objects.filter(pk=digest).update(due=F("due") - pace.seconds)


def forget_idle() -> int:
    """Delete the counts that count nothing any more. Returns how many."""
    return Tries.objects.filter(due__lt=time.time()).delete()[0]


def _take(digest: str, pace: Pace) -> float:
    now = time.time()
    Tries.objects.bulk_create([Tries(counted_for=digest)], ignore_conflicts=True)
    latest = now + (pace.burst - 1) * pace.seconds
    free = Tries.objects.filter(pk=digest, due__lte=latest)
    if free.update(due=Greatest(F("due"), now) + pace.seconds):
        return 0
    due = Tries.objects.filter(pk=digest).values_list("due", flat=True).first()
    return max(1.0, (due or 0) - latest)
