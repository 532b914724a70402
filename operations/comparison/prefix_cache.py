"""What a provider's prefix cache would have saved: tokens of a prompt's beginning that were seen before."""

import threading
from collections import deque

from workers import tokens

SMALLEST = 1024  # tokens: shorter beginnings are not kept, as OpenAI documents it
STEP = 128
KEPT = 256  # prompts


class PrefixCache:
    """Remembers prompts. May be asked from several threads."""

    def __init__(self) -> None:
        self._seen: deque[str] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def cached_tokens(self, prompt: str) -> int:
        """Tokens of the longest beginning that ``prompt`` shares with an earlier one; the prompt is kept for the next.

        At least 1,024, in steps of 128, or 0.
        """
        with self._lock:
            longest = max((_shared(prompt, earlier) for earlier in self._seen), default=0)
            if prompt not in self._seen:
                self._seen.append(prompt)
        if longest < SMALLEST:  # characters: no token is shorter than one
            return 0
        shared = tokens.count(prompt[:longest])
        return shared // STEP * STEP if shared >= SMALLEST else 0

    def clear(self) -> None:
        """Begin cold."""
        with self._lock:
            self._seen.clear()


def _shared(one: str, other: str) -> int:
    """The length of the common beginning, by halving: comparing slices is much quicker than single characters."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
