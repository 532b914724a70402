"""How many tokens a text has: counted where it is short, told from samples where it is long."""

from typing import Any

from operations.compression.cells import compact
from workers import tokens

COUNTED = 400_000  # characters
LEAST_SHARE = 60  # times that an encoding may be shorter; where rows are all alike it may be more
TRIED = 250_000  # tokens up to which it is tried in any case
SAMPLES, SAMPLE = 32, 8_000


def tokens_in(text: str) -> int:
    """The tokens of ``text``; for more than `COUNTED` characters an estimate from evenly spread samples."""
    if len(text) <= COUNTED:
        return tokens.count(text)
    stride = len(text) // SAMPLES
    sampled = sum(tokens.count(text[start : start + SAMPLE]) for start in range(0, stride * SAMPLES, stride))
    return round(sampled * len(text) / (SAMPLES * SAMPLE))


def cannot_fit(plain: int, limit: float) -> bool:
    """Is a value of so many tokens as compact JSON so long that hardly any encoding brings it under the limit?"""
    return plain > max(TRIED, LEAST_SHARE * limit)


def tokens_of(value: Any) -> int:
    """The tokens of a value as it would be sent: a text as it is, any other as compact JSON."""
    return tokens_in(value if isinstance(value, str) else compact(value))
