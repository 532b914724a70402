"""What the warehouse holds of what was asked about: an answer of nothing may only mean that nothing is loaded."""

from collections.abc import Sequence
from typing import Any

from workers import counties as florida
from workers.ai_ml.chat.catalogue import DATASETS
from workers.ai_ml.chat.fields import Dataset
from workers.ai_ml.chat.query import Query
from workers.warehouse.files import FeedFile, FileState
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.reach import reachable


def lacking(query: Query) -> str:
    """In a sentence, what is not loaded of it; empty where all is."""
    dataset = DATASETS[query["dataset"]]
    with reachable():
        return _lacking_roll(dataset, query) if dataset.roll else _lacking_feed(dataset)


def _lacking_feed(dataset: Dataset) -> str:
    if FeedFile.objects.filter(dataset=dataset.feed, state=FileState.LOADED).exists():
        return ""
    return f"No file of {dataset.feed} is loaded."


def _lacking_roll(dataset: Dataset, query: Query) -> str:
    releases = Release.objects.filter(file_type=dataset.roll, state=ReleaseState.LOADED)
    if years := _asked(query, "roll_year"):
        releases = releases.filter(year__in=years)
    of_years = f" of {_listed(years)}" if years else ""
    there = {*releases.values_list("county_no", flat=True)}
    if not there:
        return f"No {dataset.roll} roll{of_years} is loaded."
    asked = [florida.find(name) for name in _asked(query, "county")]
    if not asked:
        of_all = f"{len(there)} of {len(florida.COUNTIES)} counties"
        return f"Loaded: {of_all}." if len(there) < len(florida.COUNTIES) else ""
    missing = [county.name for county in asked if county.no not in there]
    return f"No {dataset.roll} roll{of_years} of {_listed(missing)} is loaded." if missing else ""


def _asked(query: Query, field: str) -> list[Any]:
    """The values that the query asks of this field for."""
    found: list[Any] = []
    for condition in query["where"]:
        value = condition["value"]
        if condition["field"] == field and condition["op"] in ("equals", "in") and value is not None:
            found += value if isinstance(value, list) else [value]
    return found


def _listed(values: Sequence[Any]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else last
