"""Did something become slower? Two samples of durations held against each other, with the chance of being wrong.

The test is Mann and Whitney's U, two-sided: it assumes no distribution, and durations have long tails. Its samples
must be independent, so a step counts once for each operation. Of many tests made at once some would call a fluke a
regression; Holm's correction keeps the chance of even one such at the level asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from scipy.stats import mannwhitneyu
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

TEST = "Mann-Whitney U, two-sided, with Holm's correction for the number of comparisons"
MATTERS_MS = 10.0  # a difference of medians below this is nobody's concern, however certain it is


class Spread(TypedDict):
    """How a sample of durations lies, in milliseconds."""

    samples: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Change(TypedDict):
    """A duration that is not what it was. ``slower_odds``: the chance that a recent one takes longer than a past."""

    subject: str
    before_ms: float
    after_ms: float
    ratio: float | None
    slower_odds: float
    p_value: float
    p_corrected: float
    samples_before: int
    samples_after: int
    words: str


@dataclass(frozen=True)
class Series:
    """The durations of one thing, in the past and recently."""

    subject: str
    before: Sequence[float]
    after: Sequence[float]


@dataclass(frozen=True)
class Compared:
    """What became slower, what became quicker, how many comparisons were made, and for what there was too little."""

    slower: list[Change]
    quicker: list[Change]
    made: int
    too_few: list[str]


def spread(values: Sequence[float]) -> Spread | None:
    """How ``values`` lie; None where there are none."""
    if not values:
        return None
    p50, p95, p99 = (round(float(value), 1) for value in np.percentile(values, [50, 95, 99]))
    mean, largest = round(float(np.mean(values)), 1), round(max(values), 1)
    return {"samples": len(values), "mean_ms": mean, "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "max_ms": largest}


def compare(series: Sequence[Series], *, alpha: float, min_samples: int, min_change: float) -> Compared:
    """Hold each series' recent durations against its past ones.

    A change counts if its corrected p-value is below ``alpha`` and its median moved by at least the share
    ``min_change``. Series with fewer than ``min_samples`` on either side are named as too few.
    """
    ready = [one for one in series if min(len(one.before), len(one.after)) >= min_samples]
    found = [mannwhitneyu(one.after, one.before, alternative="two-sided") for one in ready]
    corrected = holm([float(test.pvalue) for test in found])
    changes = [
        _change(one, float(test.statistic), float(test.pvalue), p)
        for one, test, p in zip(ready, found, corrected, strict=True)
        if p < alpha and _matters(one, min_change)
    ]
    return Compared(
        slower=_largest_first([change for change in changes if change["after_ms"] > change["before_ms"]]),
        quicker=_largest_first([change for change in changes if change["after_ms"] < change["before_ms"]]),
        made=len(ready),
        too_few=[one.subject for one in series if one not in ready],
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number by Holm's step-down method, in their order."""
    corrected, least = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = least
    return corrected


def _matters(series: Series, min_change: float) -> bool:
    before, after = median(series.before), median(series.after)
    return abs(after - before) >= max(MATTERS_MS, min_change * before)


def _largest_first(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: -abs(change["after_ms"] - change["before_ms"]))


def _change(series: Series, u: float, p_value: float, corrected: float) -> Change:
    before, after = median(series.before), median(series.after)
    ratio = round(after / before, 3) if before else None
    odds = u / (len(series.after) * len(series.before))
    times = f", {ratio:.2g} times as long" if ratio else ""
    return {
        "subject": series.subject,
        "before_ms": round(before, 1),
        "after_ms": round(after, 1),
        "ratio": ratio,
        "slower_odds": round(odds, 3),
        "p_value": p_value,
        "p_corrected": corrected,
        "samples_before": len(series.before),
        "samples_after": len(series.after),
        "words": f"{series.subject}: {shown(before)} before, {shown(after)} now at the median{times} "
        f"(p = {corrected:.2g} after correction)",
    }


def shown(ms: float) -> str:
    """A duration as people read it."""
    return f"{ms / 1000:,.1f} s" if ms >= 1000 else f"{ms:.3g} ms"
