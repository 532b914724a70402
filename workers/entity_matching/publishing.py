"""Hands on what a matching found: datasets named for what they hold, and the links in the warehouse."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.contract import Call
from workers.datasets import Dataset
from workers.entity_matching import links as warehouse
from workers.entity_matching.assignment import Scored as Pair
from workers.entity_matching.evidence import Comparisons
from workers.entity_matching.tables import Records

LINKS = {
    "left_key": pl.String,
    "right_key": pl.String,
    "probability": pl.Float64,
    "by_person": pl.Boolean,
    "comparison": pl.String,
}
# Beside the pair, what a person is shown of it. ``only_one``: are the candidates of a question alternatives?
UNSURE = LINKS | {"question": pl.Int64, "only_one": pl.Boolean, "left": pl.String, "right": pl.String}


class Published(TypedDict):
    """The datasets of a matching, and the name that they give it."""

    run: str
    links: Dataset
    unsure: Dataset


def publish(
    call: Call, linkage: str, links: Sequence[Mapping[str, Any]], unsure: Sequence[Mapping[str, Any]]
) -> Published:
    """Write both as datasets, then the links to the warehouse. Done again, it changes nothing."""
    frames = {"links": _frame(links, LINKS), "unsure": _frame(unsure, UNSURE)}
    with datasets.workspace() as folder:
        paths = {name: folder / f"{name}.parquet" for name in frames}
        for name, frame in frames.items():
            frame.write_parquet(paths[name])
        run = digest(datasets.sha256(path) for path in paths.values())
        place = f"matching/{slug(linkage)}/{run}"
        made = {name: datasets.publish_parquet(path, f"{place}/{name}.parquet") for name, path in paths.items()}
    warehouse.replace(call, linkage, links, run)
    return {"run": run, "links": made["links"], "unsure": made["unsure"]}


def link(pair: Pair, records: Sequence[Records], comparisons: Comparisons, *, by_person: bool) -> dict[str, Any]:
    """A pair as a row of the links."""
    return {
        "left_key": records[0].keys[pair.left],
        "right_key": records[-1].keys[pair.right],
        "probability": round(pair.probability, 6),
        "by_person": by_person,
        "comparison": comparisons.of(pair),
    }


def question(
    number: int, pair: Pair, records: Sequence[Records], comparisons: Comparisons, *, only_one: bool
) -> dict[str, Any]:
    """A pair as a row of what people are asked."""
    return link(pair, records, comparisons, by_person=False) | {
        "question": number,
        "only_one": only_one,
        "left": json.dumps(records[0].frame.row(pair.left, named=True)),
        "right": json.dumps(records[-1].frame.row(pair.right, named=True)),
    }


def digest(texts: Iterable[str]) -> str:
    """A short name for these texts in this order."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def slug(linkage: str) -> str:
    """The name of a linkage as a folder."""
    return re.sub(r"[^a-z0-9]+", "-", linkage.lower()).strip("-") or "linkage"


def _frame(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([dict(row) | {"comparison": json.dumps(row["comparison"])} for row in rows], schema=schema)
