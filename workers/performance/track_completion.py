"""track_completion: how far each dataset is, county by county, and when the rest will be there."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.utils import timezone
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import concord_api
from workers import counties as florida
from workers.contract import ActionError, Call, InvalidParameters, action
from workers.counties import County
from workers.performance.comparison import shown
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.reach import reachable

Json = dict[str, Any]
State = Literal["done", "outdated", "loading", "missing"]

USUAL = ("NAL", "SDF", "NAP")
UNDER_WAY = "planning,executing,validating,escalating"
MOST_OPERATIONS = 20


class CountyState(TypedDict):
    """One county of a dataset. ``outdated``: an earlier year is loaded; ``loading``: its rows are arriving."""

    county_no: int
    county: str
    state: State
    release: str | None
    rows: int
    rows_quarantined: int
    loaded_at: str | None


class Progress(TypedDict):
    """How far a dataset is. The rate is that of the counties loaded within the window, since the first of them began;
    without one, the time left cannot be told and is null."""

    dataset: str
    year: int | None
    done: int
    outdated: int
    loading: int
    missing: int
    share: float
    rows: int
    rows_quarantined: int
    counties_per_hour: float
    rows_per_hour: float
    seconds_left: float | None
    finished_by: str | None
    words: str
    counties: list[CountyState]


class UnderWay(TypedDict):
    """An operation that is loading now, or waits for a person."""

    operation_id: str
    status: str
    steps_done: int
    steps: int


class Completion(TypedDict):
    """Each dataset's progress, and the operations under way; ``not_known`` says which of those are not told."""

    datasets: list[Progress]
    complete: bool
    under_way: list[UnderWay]
    not_known: str
    summary: list[str]


@action(read_only=True, expected_seconds=1)
def track_completion(
    call: Call,
    datasets: Annotated[list[str], Field(description="Which, such as NAL; empty: the rolls and all loaded.")] = [],  # noqa: B006
    counties: Annotated[list[str | int], Field(description="Which are expected; empty: all 67.")] = [],  # noqa: B006
    year: Annotated[int | None, Field(ge=1990, le=2100, description="Expected; else the newest loaded.")] = None,
    window_hours: Annotated[float, Field(gt=0, le=24 * 366, description="The rate is that of so many hours.")] = 24,
) -> Completion:
    """Tell for each dataset and county what is loaded and what is missing, at which rate, and how long it will take."""
    expected = _expected(counties)
    with reachable():
        gone = (ReleaseState.SUPERSEDED, ReleaseState.WITHDRAWN)
        known = list(Release.objects.exclude(state__in=gone).order_by("file_type", "county_no"))
    wanted = datasets or sorted({*USUAL, *(release.file_type for release in known)})
    _check(datasets, known)
    now = timezone.now()
    told = [
        _progress(name, [one for one in known if one.file_type == name], expected, year, now, window_hours)
        for name in wanted
    ]
    under_way, not_known = _under_way()
    return {
        "datasets": told,
        "complete": all(one["done"] == len(expected) for one in told),
        "under_way": under_way,
        "not_known": not_known,
        "summary": [one["words"] for one in told],
    }


def _expected(asked: Sequence[str | int]) -> list[County]:
    found = {county.no: county for county in map(florida.find, asked)}
    return [found[no] for no in sorted(found)] or list(florida.COUNTIES)


def _check(asked: Sequence[str], known: Iterable[Release]) -> None:
    there = {*USUAL, *(release.file_type for release in known)}
    for index, name in enumerate(asked):
        if name not in there:
            field = f"datasets.{index}"
            message = f"{field}: there is no dataset {name!r}; there are {', '.join(sorted(there))}"
            raise InvalidParameters(message, field=field)


def _progress(
    name: str, releases: list[Release], expected: list[County], year: int | None, now: datetime, hours: float
) -> Progress:
    numbers = {county.no for county in expected}
    releases = [release for release in releases if release.county_no in numbers]
    loaded = [release for release in releases if release.state == ReleaseState.LOADED]
    year = year or max((release.year for release in releases), default=None)
    counties = [_county(county, [one for one in releases if one.county_no == county.no], year) for county in expected]
    states = [county["state"] for county in counties]
    current = [release for release in loaded if release.year == year]
    per_hour, rows_per_hour = _rates(current, now, hours)
    left = len(expected) - states.count("done")
    seconds_left = 0.0 if not left else round(left / per_hour * 3600, 1) if per_hour else None
    return {
        "dataset": name,
        "year": year,
        "done": states.count("done"),
        "outdated": states.count("outdated"),
        "loading": states.count("loading"),
        "missing": states.count("missing"),
        "share": round(states.count("done") / len(expected), 4),
        "rows": sum(release.rows for release in current),
        "rows_quarantined": sum(release.rows_quarantined for release in current),
        "counties_per_hour": round(per_hour, 3),
        "rows_per_hour": round(rows_per_hour, 1),
        "seconds_left": seconds_left,
        "finished_by": (now + timedelta(seconds=seconds_left)).isoformat() if left and seconds_left else None,
        "words": _words(name, year, states, per_hour, seconds_left, hours),
        "counties": counties,
    }


def _county(county: County, releases: list[Release], year: int | None) -> CountyState:
    """How the county's ``releases`` of a dataset stand: that of ``year`` if there is one, else the newest."""
    newest = max(releases, key=lambda one: (one.year == year, one.state == ReleaseState.LOADED, one.year), default=None)
    state: State = "missing"
    if newest and newest.year == year:
        state = "done" if newest.state == ReleaseState.LOADED else "loading"
    elif newest and any(one.state == ReleaseState.LOADED for one in releases):
        state = "outdated"
    return {
        "county_no": county.no,
        "county": county.name,
        "state": state,
        "release": newest.release if newest else None,
        "rows": newest.rows if newest else 0,
        "rows_quarantined": newest.rows_quarantined if newest else 0,
        "loaded_at": newest.loaded_at.isoformat() if newest and newest.loaded_at else None,
    }


def _rates(current: list[Release], now: datetime, hours: float) -> tuple[float, float]:
    """Counties and rows an hour, from when the first load of the window began until now; 0 where there was none."""
    since = now - timedelta(hours=hours)
    recent = [release for release in current if release.loaded_at and release.loaded_at >= since]
    if not recent:
        return 0.0, 0.0
    began = max(since, min(release.created_at for release in recent))
    taken = max((now - began).total_seconds(), 1.0) / 3600
    return len(recent) / taken, sum(release.rows for release in recent) / taken


def _words(
    name: str, year: int | None, states: Sequence[State], per_hour: float, seconds_left: float | None, hours: float
) -> str:
    done, left = states.count("done"), len(states) - states.count("done")
    if year is None:
        return f"{name}: nothing is loaded; {left} counties are missing."
    parts = [f"{name} {year}: {done} of {len(states)} counties are loaded"]
    parts += [f"{states.count(state)} {words}" for state, words in STATES.items() if states.count(state)]
    if not left:
        return f"{parts[0]}."
    if seconds_left is None:
        return f"{', '.join(parts)}. None was loaded in the last {hours:g} h, so the time left cannot be told."
    return f"{', '.join(parts)}. At {_number(per_hour)} an hour the rest takes {_long(seconds_left)}."


STATES: dict[State, str] = {
    "outdated": "have an earlier year",
    "loading": "are being loaded",
    "missing": "are missing",
}


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _long(seconds: float) -> str:
    """A time as people say it."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.1f} {unit}"
    return shown(seconds * 1000)


def _under_way() -> tuple[list[UnderWay], str]:
    """The newest operations that load now, and what is not told of them."""
    try:
        found = concord_api.get("/operations", status=UNDER_WAY, operation_type="data_pipeline", limit=MOST_OPERATIONS)
        more = f"There are more operations under way than these {MOST_OPERATIONS}." if found["next"] else ""
        return [_operation(row["operation_id"]) for row in found["results"]], more
    except ActionError as error:
        return [], str(error)


def _operation(operation_id: str) -> UnderWay:
    operation = concord_api.get(f"/operations/{operation_id}")
    steps = list(_without_templates(operation["steps"]))
    done = sum(step["status"] == "completed" for step in steps)
    return {"operation_id": operation_id, "status": operation["status"], "steps_done": done, "steps": len(steps)}


def _without_templates(steps: list[Json]) -> Iterator[Json]:
    """``E2`` is only the pattern of ``E2[0]``, ``E2[1]`` and so on."""
    patterns = {step["id"].partition("[")[0] for step in steps if "[" in step["id"]}
    return (step for step in steps if step["id"] not in patterns)
