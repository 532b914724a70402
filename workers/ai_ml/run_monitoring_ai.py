"""run_monitoring_ai: values of the metrics series that do not fit what was usual before, each explained."""

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from django.utils import timezone
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import concord_api
from workers.contract import Call, action

Json = dict[str, Any]
Finite = Annotated[float, Field(allow_inf_nan=False)]

NORMAL = 1.4826  # the standard deviation of normal values is so many median absolute deviations
MIDDLE = 2.5631  # and the middle 80 % of them are so many standard deviations wide
LEAST_SPREAD = 0.05  # of the median: below that a difference is of no interest however steady the series was
MOST_ANOMALIES = 50
NEWEST_ONLY = "There were more operations than are looked at: the values are of the newest ones of each period."


class Anomaly(TypedDict):
    """A recent value that is far from the usual: ``deviations`` of the robust spread above or below the median."""

    series: str
    direction: Literal["above", "below"]
    value: float
    usual: float
    deviations: float
    recent_outside: int
    recent: int
    words: str


class Monitoring(TypedDict):
    """The anomalies, the strongest first, and how many series were looked at; ``too_few``: what has no past yet."""

    series: int
    too_few: list[str]
    anomalies: list[Anomaly]
    truncated: bool
    summary: list[str]


@dataclass(frozen=True)
class Series:
    """A metric before and now."""

    name: str
    past: list[float]
    recent: list[float]


@action(read_only=True, expected_seconds=3)
def run_monitoring_ai(
    call: Call,
    series: Annotated[
        dict[str, Annotated[list[Finite], Field(max_length=10_000)]],
        Field(max_length=500, description="values in the order of time by name; empty: Concord's own durations"),
    ] = {},  # noqa: B006
    recent: Annotated[int, Field(ge=1, description="of given series: so many last values are looked at")] = 1,
    hours: Annotated[float, Field(gt=0, le=24 * 31, description="of Concord's: what is recent")] = 24,
    baseline_days: Annotated[float, Field(gt=0, le=366, description="of Concord's: the past before that")] = 7,
    min_samples: Annotated[int, Field(ge=5, description="past values that a series needs")] = 20,
    deviations: Annotated[float, Field(ge=2, description="From how many robust deviations on a value is odd.")] = 6,
) -> Monitoring:
    """Find values that do not fit their series' past: far from its median, in robust deviations.

    Analyze_performance tells whether a whole became slower; this tells single values, of any series. Without given
    series it needs CONCORD_API_KEY with the scope read_all.
    """
    known, truncated = (list(_given(series, recent)), False) if series else _durations(hours, baseline_days)
    call.check()
    enough = [one for one in known if len(one.past) >= min_samples]
    found = [anomaly for one in enough if one.recent and (anomaly := _anomaly(one, deviations))]
    found.sort(key=lambda one: (-one["deviations"], one["series"]))
    told = found[:MOST_ANOMALIES]
    too_few = [one.name for one in known if len(one.past) < min_samples]
    return {
        "series": len(known),
        "too_few": too_few,
        "anomalies": told,
        "truncated": len(found) > len(told),
        "summary": [*_summary(len(known), len(too_few), len(found), told), *([NEWEST_ONLY] if truncated else [])],
    }


def _given(series: dict[str, list[float]], recent: int) -> Iterator[Series]:
    for name, values in series.items():
        yield Series(name, values[:-recent], values[-recent:])


def _durations(hours: float, days: float) -> tuple[list[Series], bool]:
    """Of each type of operation its wait and its work, and of each action in it the time, in milliseconds.

    And whether there were more operations than Concord tells of.
    """
    now = timezone.now()
    since = now - timedelta(hours=hours)
    before = since - timedelta(days=days)
    past, recent = (
        concord_api.get("/performance/durations", since=start.isoformat(), until=end.isoformat())
        for start, end in ((before, since), (since, now))
    )
    known = dict(_samples(past))
    series = [Series(name, known.get(name, []), values) for name, values in _samples(recent)]
    return series, past["truncated"] or recent["truncated"]


def _samples(durations: Json) -> Iterator[tuple[str, list[float]]]:
    for group in durations["operations"]:
        yield f"{group['operation_type']}: ms waiting for a queue worker", group["wait_ms"]
        yield f"{group['operation_type']}: ms from being taken up to the end", group["work_ms"]
    for group in durations["steps"]:
        yield f"{group['worker']}.{group['action']} in {group['operation_type']}: ms", group["duration_ms"]


def _anomaly(series: Series, limit: float) -> Anomaly | None:
    """The value farthest out, if it is so many deviations away."""
    usual = statistics.median(series.past)
    unit = max(_spread(series.past, usual), LEAST_SPREAD * abs(usual), math.ulp(1.0))
    outside = [value for value in series.recent if abs(value - usual) >= limit * unit]
    if not outside:
        return None
    worst = max(outside, key=lambda value: abs(value - usual))
    away = round(abs(worst - usual) / unit, 1)
    direction: Literal["above", "below"] = "above" if worst > usual else "below"
    return {
        "series": series.name,
        "direction": direction,
        "value": worst,
        "usual": usual,
        "deviations": away,
        "recent_outside": len(outside),
        "recent": len(series.recent),
        "words": f"{series.name}: {worst:,.4g} is far {direction} the usual {usual:,.4g}"
        f" ({away:,.4g} robust deviations, by {len(series.past)} past values);"
        f" {len(outside)} of {len(series.recent)} recent values are that far out.",
    }


def _spread(values: list[float], usual: float) -> float:
    """The usual distance from the median, which a tenth of outliers on either side does not move.

    Of the two robust measures the wider one: the first is too narrow for a series that has several usual levels.
    """
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return max(NORMAL * statistics.median(abs(value - usual) for value in values), (tenths[-1] - tenths[0]) / MIDDLE)


def _summary(series: int, too_few: int, found: int, told: list[Anomaly]) -> Iterator[str]:
    if not series:
        yield "No operation ended recently, so there is no series to look at."
        return
    yield f"{found} of {series - too_few} series have values that do not fit their past."
    if too_few:
        yield f"{too_few} series have too short a past to tell."
    yield from (anomaly["words"] for anomaly in told[:5])
