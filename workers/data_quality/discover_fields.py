"""discover_fields: what are the columns of these data, and what is other about them than the last time?"""

import json
import posixpath
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import fsspec
from django.conf import settings
from pydantic import Field as Parameter
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.contract import Call, action
from workers.data_quality.profiles import drift, kept
from workers.data_quality.profiles.discovery import Discovery
from workers.data_quality.profiles.drift import Drift
from workers.data_quality.profiles.fields import Bound, Field
from workers.data_quality.profiles.kept import Profile
from workers.data_quality.profiles.keys import Keys
from workers.datasets import Dataset
from workers.stores import Table
from workers.warehouse.reach import reachable


class Constant(TypedDict):
    """A column that has this value in every row."""

    column: str
    value: Bound | bool


class Profiled(TypedDict):
    """What the columns are. ``keys`` name a row, proven on all rows; ``pairs_left`` could too and were not looked into.

    ``rows_read``: the rows that the fields are told from, fewer than ``rows`` where a sample was asked for.
    """

    subject: str
    rows: int
    rows_read: int
    fields: list[Field]
    keys: list[list[str]]
    pairs_left: int
    constants: list[Constant]
    empty: list[str]
    drift: Drift | None
    profile: Dataset
    words: str


@action(expected_seconds=30)
def discover_fields(
    call: Call,
    dataset: Annotated[Dataset | Table, Parameter(description='A dataset reference, or {"table": "sdf_current"}.')],
    sample: Annotated[
        int | None,
        Parameter(ge=1_000, description="Tell the fields from about so many rows; the keys are still proven on all."),
    ] = None,
    compare: Annotated[
        Dataset | None,
        Parameter(description="The `profile` of an earlier result, or other data; null: this name's last profile."),
    ] = None,
    name: Annotated[
        str,
        Parameter(
            max_length=200, description="What the profile is kept under; empty: the table or the dataset's path."
        ),
    ] = "",
    most: Annotated[int, Parameter(ge=1, le=50, description="How many frequent values and patterns to tell.")] = 5,
) -> Profiled:
    """Profile a dataset or a warehouse table: types, fill, distinct values, ranges, patterns, keys; and what drifted.

    The profile is kept, and the next one of the same name is compared with it.
    """
    subject = name or _subject(dataset)
    with ExitStack() as stack:
        stack.enter_context(reachable())
        folder = stack.enter_context(datasets.workspace())
        before = _profiled(call, compare, folder / "compare", most) if compare is not None else None
        found = Discovery(call, dataset, "dataset", folder, sample, most, stack)
        where = kept.name_of(subject, found.digest)
        if before is None and (last := kept.last_before(subject, where)):
            before = kept.read(last, "compare")
        fields, bins, moved = found.fields(before)
        profile = Profile(subject, fields, bins)
        named = found.keys()
        reference = kept.keep(profile, where)
    told = drift.between(before.fields, fields, moved, before.subject) if before else None
    return _result(profile, found.whole.rows, named, told, reference)


def _profiled(call: Call, reference: Dataset, folder: Path, most: int) -> Profile:
    """What to compare with: a kept profile, or one made now of other data."""
    if kept.is_profile(reference):
        return kept.read(reference, "compare")
    folder.mkdir()
    with ExitStack() as stack:
        found = Discovery(call, reference, "compare", folder, None, most, stack)
        fields, bins, _ = found.fields(None)
    return Profile(_subject(reference), fields, bins)


def _subject(store: Any) -> str:
    """What data are called: the table with its conditions, or the dataset's path beneath ``DATA_URL``."""
    if "table" in store:
        where = f" {json.dumps(store['where'], sort_keys=True)}" if store.get("where") else ""
        return f"{store['table']}{where}"
    root = fsspec.core.url_to_fs(settings.DATA_URL)[1]
    return posixpath.relpath(fsspec.core.url_to_fs(datasets.checked(store["$dataset"], "dataset.$dataset"))[1], root)


def _result(profile: Profile, rows: int, named: Keys, told: Drift | None, reference: Dataset) -> Profiled:
    fields = list(profile.fields.values())
    constants: list[Constant] = [
        {"column": one["column"], "value": one["frequent"][0]["value"]}
        for one in fields
        if one["distinct"] == 1 and one["filled"] == 1
    ]
    empty = [one["column"] for one in fields if one["looks"] == "empty"]
    return {
        "subject": profile.subject,
        "rows": rows,
        "rows_read": fields[0]["rows"],
        "fields": fields,
        "keys": named.found,
        "pairs_left": named.pairs_left,
        "constants": constants,
        "empty": empty,
        "drift": told,
        "profile": reference,
        "words": _words(rows, fields, named.found, len(constants), len(empty), told),
    }


def _words(rows: int, fields: list[Field], named: list[list[str]], same: int, empty: int, told: Drift | None) -> str:
    key = f"A row is named by {' and '.join(named[0])}." if named else "No column or pair of columns names a row."
    drifted = f" Against the last profile: {told['words']}" if told else ""
    return f"{rows:,} rows of {len(fields)} columns, {same} constant and {empty} empty. {key}{drifted}"
