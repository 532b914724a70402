"""Keeps profiles beneath ``DATA_URL``: a dataset each, and for each name which one is the last and which was before it.

A profile's file is named after what it was made of, so that a repetition finds it, and is compared with what was the
last before it, not with itself.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import polars as pl

from workers import datasets
from workers.contract import InvalidParameters
from workers.data_quality.profiles.fields import Distribution, Field
from workers.datasets import Dataset

FORMAT = 1  # raise it with any change in what a profile holds
SCHEMA = {
    "column": pl.String,
    "stored": pl.String,
    "looks": pl.String,
    "rows": pl.Int64,
    "filled": pl.Float64,
    "distinct": pl.Int64,
    "field": pl.String,
    "distribution": pl.String,
}


@dataclass(frozen=True)
class Profile:
    """What was profiled, and its columns by their names in small letters."""

    subject: str
    fields: Mapping[str, Field]
    distributions: Mapping[str, Distribution]


def name_of(subject: str, digest: str) -> str:
    """Where the profile of ``subject`` lies whose making has this digest."""
    return f"{_folder(subject)}/{digest[:32]}.parquet"


def keep(profile: Profile, name: str) -> Dataset:
    """Keep a profile as the dataset ``name``, and as the last one of its subject."""
    flat = ("column", "stored", "looks", "rows", "filled", "distinct")
    rows = [
        {key: field[key] for key in flat}  # type: ignore[literal-required]
        | {"field": json.dumps(field), "distribution": json.dumps(profile.distributions.get(column))}
        for column, field in profile.fields.items()
    ]
    kept = datasets.write(pl.DataFrame(rows, SCHEMA), name)
    last = _last(profile.subject)
    if last["last"] != kept:
        before = last["last"] if last["last"] and last["last"]["$dataset"] != kept["$dataset"] else last["before"]
        datasets.publish_bytes(json.dumps({"last": kept, "before": before}).encode(), _pointer(profile.subject))
    return kept


def last_before(subject: str, name: str) -> Dataset | None:
    """The profile of ``subject`` that was the last before the one called ``name``."""
    last = _last(subject)
    found = last["before"] if last["last"] and last["last"]["$dataset"] == datasets.url_of(name) else last["last"]
    return found if found and datasets.exists(found["$dataset"]) else None


def is_profile(reference: Dataset) -> bool:
    """Whether this dataset is a profile rather than data."""
    return list(reference.get("schema", {})) == list(SCHEMA)


def read(reference: Dataset, field: str) -> Profile:
    """A kept profile. Raises `InvalidParameters` naming ``field`` if it is none that can be read."""
    try:
        rows = datasets.read(reference, list(SCHEMA), field).to_dicts()
        fields = {row["column"].lower(): cast(Field, json.loads(row["field"])) for row in rows}
        found = {row["column"].lower(): json.loads(row["distribution"]) for row in rows}
    except (pl.exceptions.PolarsError, ValueError, AttributeError) as error:
        message = f"{field}: it is no profile; give the `profile` of an earlier result"
        raise InvalidParameters(message, field=field) from error
    return Profile(str(reference["$dataset"]), fields, {name: one for name, one in found.items() if one})


def _last(subject: str) -> dict[str, Dataset | None]:
    url = datasets.url_of(_pointer(subject))
    if not datasets.exists(url):
        return {"last": None, "before": None}
    with datasets.opened(url) as file:
        return cast(dict[str, Any], json.load(file))


def _pointer(subject: str) -> str:
    return f"{_folder(subject)}/last.json"


def _folder(subject: str) -> str:
    """The subject's own folder: its name as far as a path can have it, and a digest that tells it from others."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", subject).strip("-")[:60]
    return f"profiles/{plain}-{hashlib.sha256(subject.encode()).hexdigest()[:12]}"
