"""A limited number of places in this process, for each client and in all."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Full:
    """There is no place: the client has as many as one may have (``own``), or all together have."""

    own: bool


class Seats:
    """Used in one thread: that of the event loop."""

    def __init__(self, each: int, most: int) -> None:
        self.each = each
        self.most = most
        self._taken: Counter[str] = Counter()
        self._all = 0

    def take(self, who: str) -> Full | None:
        """Take a place, to be given back by `leave`; or tell why there is none."""
        if self._taken[who] >= self.each:
            return Full(own=True)
        if self._all >= self.most:
            return Full(own=False)
        self._taken[who] += 1
        self._all += 1
        return None

    def leave(self, who: str) -> None:
        self._all -= 1
        self._taken[who] -= 1
        if not self._taken[who]:
            del self._taken[who]
