"""Durations held against the past: chance alone is seldom called a regression, and a real one is found."""

import random
from typing import Any

import pytest

from workers.performance.comparison import Series, compare, holm, spread

LIMITS: Any = {"alpha": 0.05, "min_samples": 8, "min_change": 0.2}


def durations(chance: random.Random, factor: float = 1.0, count: int = 30) -> list[float]:
    """A sample with a long tail, as durations have."""
    return [factor * chance.lognormvariate(6, 0.6) for _ in range(count)]


def test_holm_corrects_as_in_his_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_without_a_change_all_comparisons_of_a_run_are_seldom_wrong() -> None:
    chance = random.Random(1)
    alarms = 0
    for _ in range(200):
        series = [Series(str(n), durations(chance), durations(chance)) for n in range(20)]
        found = compare(series, alpha=0.05, min_samples=8, min_change=0)
        alarms += bool(found.slower or found.quicker)
    assert alarms <= 20  # 5 % of 200 are 10; more than 20 would have a chance below 1 in 500


def test_twice_the_time_is_found_among_much_that_did_not_change() -> None:
    chance = random.Random(2)
    series = [Series(str(n), durations(chance), durations(chance)) for n in range(20)]
    series.append(Series("slow", durations(chance), durations(chance, 2.2)))

    found = compare(series, **LIMITS)

    assert [change["subject"] for change in found.slower] == ["slow"]
    assert found.slower[0]["slower_odds"] > 0.7


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([100.0 + n for n in range(30)], [112.0 + n for n in range(30)]),  # certain, but by less than a fifth
        ([1.0 + n / 100 for n in range(30)], [3.0 + n / 100 for n in range(30)]),  # three times nothing
        ([5.0] * 30, [5.0] * 30),
    ],
)
def test_what_nobody_would_notice_is_no_regression(before: list[float], after: list[float]) -> None:
    found = compare([Series("it", before, after)], **LIMITS)

    assert (found.slower, found.quicker, found.made) == ([], [], 1)


def test_what_took_no_time_before_has_no_ratio() -> None:
    [change] = compare([Series("it", [0.0] * 20, [500.0 + n for n in range(20)])], **LIMITS).slower

    assert change["ratio"] is None
    assert "times as long" not in change["words"]


def test_the_spread_of_nothing_is_nothing() -> None:
    assert spread([]) is None
    assert spread([1.0, 2.0, 3.0]) == {
        "samples": 3, "mean_ms": 2.0, "p50_ms": 2.0, "p95_ms": 2.9, "p99_ms": 3.0, "max_ms": 3.0,
    }  # fmt: skip
