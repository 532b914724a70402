"""Random draws by row number: the same seed and row give the same value, in whatever chunks the rows are made.

Each draw is a polars expression over the column ``row`` (UInt64). It counts rather than remembers (SplitMix64 over the
row number), so a chunk in the middle of a roll does not depend on the chunks before it.
"""

import hashlib
import itertools
import math
from collections.abc import Sequence

import polars as pl

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB


class Draws:
    """A family of independent draws; ``name`` tells one from another."""

    def __init__(self, *seed: object):
        self.seed = repr(seed)

    def uniform(self, name: str) -> pl.Expr:
        """A number in [0, 1)."""
        digest = hashlib.blake2b(f"{self.seed}:{name}".encode(), digest_size=8).digest()
        mixed = pl.col("row") * _word(_GOLDEN) + _word(int.from_bytes(digest))
        mixed = (mixed ^ (mixed // _word(1 << 30))) * _word(_FIRST)
        mixed = (mixed ^ (mixed // _word(1 << 27))) * _word(_SECOND)
        return ((mixed ^ (mixed // _word(1 << 31))) // _word(1 << 11)).cast(pl.Float64) * 2.0**-53

    def chance(self, name: str, probability: float | pl.Expr) -> pl.Expr:
        """True with this probability."""
        return self.uniform(name) < probability

    def whole(self, name: str, low: int, high: int) -> pl.Expr:
        """A whole number from ``low`` to ``high``, both included."""
        return (self.uniform(name) * (high - low + 1)).floor().cast(pl.Int64) + low

    def choice(self, name: str, values: Sequence[object], weights: Sequence[float] | None = None) -> pl.Expr:
        """One of ``values``, by their weights."""
        bounds = list(itertools.accumulate(weights or [1.0] * len(values)))
        table = pl.Series(values)
        cut = pl.Series([bound / bounds[-1] for bound in bounds[:-1]], dtype=pl.Float64)
        return self.uniform(name).map_batches(
            lambda drawn: table.gather(cut.search_sorted(drawn, side="right")), return_dtype=table.dtype
        )

    def spread(self, name: str, sigma: float) -> pl.Expr:
        """A factor around 1 whose logarithm is normal with this deviation: prices and sizes are skewed like that."""
        radius = (-2.0 * (1.0 - self.uniform(f"{name} radius")).log()).sqrt()
        return (radius * (self.uniform(f"{name} angle") * (2 * math.pi)).cos() * sigma).exp()


def _word(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)
