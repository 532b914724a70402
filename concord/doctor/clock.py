"""Whether two machines agree on the time: leases and deadlines are times, written by one and read by another."""

import time
from collections.abc import Callable, Iterator

from concord.doctor.finding import Finding, error, ok, warning

NOTICED = 2.0  # seconds
HARMFUL = 20.0  # seconds: a third of a lease, so that one could seem over to another machine


def skew(about: str, ask: Callable[[], float]) -> Iterator[Finding]:
    """Compare this machine's clock with the one that ``ask`` reads (seconds since 1970), less half the way there."""
    began = time.time()
    theirs = float(ask())
    ours = (began + time.time()) / 2
    yield judged(about, theirs - ours)


def judged(about: str, ahead: float) -> Finding:
    """What a difference of so many seconds means."""
    words = f"its clock is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    remedy = "let both machines set their clocks by NTP"
    if abs(ahead) >= HARMFUL:
        return error(about, words, remedy)
    return warning(about, words, remedy) if abs(ahead) >= NOTICED else ok(about, "its clock agrees with this machine's")
