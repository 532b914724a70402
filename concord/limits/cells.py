"""The generic cell rate algorithm (GCRA): once for many processes, in Redis, and once for this one alone.

A bucket is one number, the time at which it would be empty again. Each call moves it on by a share of the window, and
is refused where that would lie more than a whole window ahead. So nobody gets two windows' worth at the turn of one,
and a refused call costs nothing.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from concord.limits.rate import Rate

MOST_KEPT = 20_000  # buckets in a process's own memory


@dataclass(frozen=True)
class Bucket:
    """Whose calls of which kind are counted, at which rate. One that is not ``charged`` is only looked at."""

    kind: str
    who: str
    rate: Rate
    charged: bool = True

    @property
    def key(self) -> str:
        return f"concord:limit:{self.kind}:{self.who}"


@dataclass(frozen=True)
class Level:
    """How a bucket stands: calls that are left, seconds until it is empty, and seconds to wait (0: not refused)."""

    bucket: Bucket
    remaining: int
    reset: float
    wait: float


# Times are in milliseconds, by the clock of Redis: those of the machines may differ. All buckets are looked at before
# any is charged. The answer has three numbers for each: the calls that are left, until it is empty, and the wait.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local tats, refused, answer = {}, false, {}
for i, key in ipairs(KEYS) do
  local period = tonumber(ARGV[i * 3 - 1])
  tats[i] = math.max(tonumber(redis.call('GET', key)) or now, now)
  refused = refused or tats[i] + period / ARGV[i * 3 - 2] - now > period + 0.01
end
for i, key in ipairs(KEYS) do
  local period = tonumber(ARGV[i * 3 - 1])
  local step = period / ARGV[i * 3 - 2]
  local wait = math.max(0, tats[i] + step - now - period - 0.01)
  if not refused and ARGV[i * 3] == '1' then
    tats[i] = tats[i] + step
    redis.call('SET', key, string.format('%.3f', tats[i]), 'PX', math.ceil(tats[i] - now) + 1)
  end
  answer[#answer + 1] = math.floor((period - (tats[i] - now)) / step + 0.001)
  answer[#answer + 1] = math.ceil(tats[i] - now)
  answer[#answer + 1] = math.ceil(wait)
end
return answer
"""


def arguments(buckets: Sequence[Bucket]) -> list[int]:
    """What the script takes: calls, milliseconds, and whether it is charged, for each bucket."""
    return [
        number for bucket in buckets for number in (bucket.rate.calls, bucket.rate.seconds * 1000, int(bucket.charged))
    ]


def levels(buckets: Sequence[Bucket], answer: Sequence[int]) -> list[Level]:
    """What the script answers."""
    threes = zip(buckets, answer[::3], answer[1::3], answer[2::3], strict=True)
    return [Level(bucket, max(0, left), reset / 1000, wait / 1000) for bucket, left, reset, wait in threes]


class Alone:
    """The same for this process alone, while Redis is away. Used by one thread."""

    def __init__(self) -> None:
        self._tats: dict[str, float] = {}

    def take(self, buckets: Sequence[Bucket]) -> list[Level]:
        now = time.monotonic()
        self._forget(now)
        tats = [max(self._tats.get(bucket.key, now), now) for bucket in buckets]
        waits = [
            tat + bucket.rate.seconds / bucket.rate.calls - now - bucket.rate.seconds
            for tat, bucket in zip(tats, buckets, strict=True)
        ]
        refused = any(wait > 1e-5 for wait in waits)
        found = []
        for bucket, tat, wait in zip(buckets, tats, waits, strict=True):
            step = bucket.rate.seconds / bucket.rate.calls
            if bucket.charged and not refused:
                tat = self._tats[bucket.key] = tat + step
            left = int((bucket.rate.seconds - (tat - now)) / step + 0.001)
            found.append(Level(bucket, max(0, left), tat - now, wait if wait > 1e-5 else 0.0))
        return found

    def _forget(self, now: float) -> None:
        """Let go of what is empty again; of everything, where strangers have made too much of it."""
        if len(self._tats) <= MOST_KEPT:
            return
        self._tats = {key: tat for key, tat in self._tats.items() if tat > now}
        if len(self._tats) > MOST_KEPT:
            self._tats.clear()
