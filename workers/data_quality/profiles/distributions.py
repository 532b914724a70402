"""How the filled cells of a column lie in bins, and how far two such distributions are apart."""

import math
from collections.abc import Sequence

from workers.data_quality.profiles.cells import Reading
from workers.data_quality.profiles.fields import Distribution, Field
from workers.data_quality.profiles.looks import NUMBERS

MOST_VALUES = 50  # a column with more is compared by the patterns of its texts
MOST_PATTERNS = 20
DECILES = [tenth / 10 for tenth in range(1, 10)]
SMALLEST = 0.0001  # the share that an empty bin counts with, as its logarithm has to be finite


def chosen_by(field: Field, *, personal: bool) -> str:
    """By what the cells of this column are binned: numbers and days by deciles, else few values, else patterns."""
    if field["looks"] in NUMBERS and not personal:
        return "number"
    if field["looks"] == "date" and not personal:
        return "day"
    few = field["distinct"] <= MOST_VALUES and field["distinct_is_exact"]
    return "value" if few and not personal else "pattern"


def of(reading: Reading, by: str, format_: str) -> Distribution:
    """The distribution of the filled cells, in bins made from them."""
    if by in ("number", "day"):
        bins: list[float] | list[str] = sorted(set(reading.quantiles(reading.column.measure(by, format_), DECILES)))
    else:
        most = MOST_VALUES if by == "value" else MOST_PATTERNS
        query = f"SELECT {reading.column.measure(by)} AS x FROM filled GROUP BY x ORDER BY sum(n) DESC, x LIMIT {most}"
        bins = [value for (value,) in reading.rows(query)]
    return {"by": by, "bins": bins, "shares": shares(reading, by, bins, format_)}  # type: ignore[typeddict-item]


def shares(reading: Reading, by: str, bins: Sequence[float | str], format_: str) -> list[float]:
    """The shares of the filled cells in these bins, and at last in none of them."""
    if by in ("number", "day"):
        # The bin of a number is how many of the edges are smaller.
        position, kind = "len(list_filter($bins::DOUBLE[], lambda edge: edge < x))", "x IS NOT NULL"
    else:
        position, kind = f"coalesce(list_position($bins::VARCHAR[], x) - 1, {len(bins)})", "true"
    rows = reading.rows(
        f"SELECT {position} AS bin, sum(n) FROM (SELECT {reading.column.measure(by, format_)} AS x, n FROM filled)"
        f" WHERE {kind} GROUP BY bin",
        {"bins": list(bins)},
    )
    counts = {int(at): int(count) for at, count in rows}
    total = sum(counts.values()) or 1
    return [counts.get(at, 0) / total for at in range(len(bins) + 1)]


def stability(before: Sequence[float], after: Sequence[float]) -> float:
    """The population stability index of two distributions over the same bins: 0 where they are equal, and unbounded."""
    pairs = [(max(old, SMALLEST), max(new, SMALLEST)) for old, new in zip(before, after, strict=True)]
    return math.fsum((new - old) * math.log(new / old) for old, new in pairs)
