"""Labelled data for matching: what is compared, and which records are truly one party."""

import random
import re
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import polars as pl

SHARED = Path(__file__).resolve().parent.parent.parent / "shared/data/linkage"
Pair = tuple[str, str]
OWNER_COLUMNS = {"name": ("own_name", "name"), "address": ("own_addr1", "principal_address_1")}
OWNER_KEYS = ("parcel_id", "document_number")


@dataclass(frozen=True)
class Lessons:
    """Labelled pairs for a way that has to be taught, and the tables that they are of."""

    tables: list[pl.DataFrame]
    same: set[Pair]
    different: set[Pair]


@dataclass(frozen=True)
class LabelledSet:
    """One table of duplicates or two tables, each with a column ``id``; the kinds of their columns; the true pairs.

    ``judged``: the pairs that are labelled at all, where not all are. ``lessons``: labels for teaching.
    """

    tables: list[pl.DataFrame]
    fields: dict[str, str]
    truth: set[Pair]
    judged: set[Pair] | None = None
    lessons: Callable[[], Lessons] = lambda: Lessons([], set(), set())


def early_childhood() -> LabelledSet:
    """Sites of early childhood programmes, from many lists: duplicates in one table."""
    rows = pl.read_csv(SHARED / "dedupe_early_childhood_true_ids.csv", infer_schema_length=0).with_row_index("id")
    table = rows.select(pl.col("id").cast(pl.String), name="Site name", address="Address", zip="Zip", phone="Phone")
    groups = rows.group_by("True Id").agg(pl.col("id").cast(pl.String)).get_column("id").to_list()
    truth = {pair for group in groups for pair in combinations(sorted(group, key=int), 2)}
    kinds = {"name": "name", "address": "address", "zip": "zip", "phone": "phone"}

    def lessons() -> Lessons:
        """Of every fifth group: no other labels are to be had."""
        taught = {pair for pair in truth if int(pair[0]) % 5 == 0}
        return Lessons([table], taught, _different([left for left, _ in taught], table, table, truth))

    return LabelledSet([table], kinds, truth, lessons=lessons)


def fodors_zagats(split: str = "test") -> LabelledSet:
    """Restaurants of two guides. The tables are those of all labelled pairs, the truth that of one split."""
    lefts: dict[str, str] = {}
    rights: dict[str, str] = {}
    truth, judged, taught = set(), set(), Lessons([], set(), set())
    for name in ("train", "valid", "test"):
        for line in (SHARED / f"ditto_fodors_zagats_{name}.txt").read_text().splitlines():
            left, right, label = line.split("\t")
            pair = (_id(lefts, left.strip()), _id(rights, right.strip()))
            if name == split:
                judged.add(pair)
                truth |= {pair} if label == "1" else set()
            elif name == "train":
                (taught.same if label == "1" else taught.different).add(pair)
    kinds = {"name": "name", "addr": "address", "city": "city", "phone": "phone"}
    tables = [_restaurants(lefts, kinds), _restaurants(rights, kinds)]
    taught.tables.extend(tables)
    return LabelledSet(tables, kinds, truth, judged, lambda: taught)


def owners(count: int) -> LabelledSet:
    """Generated owners and entities with the noise of real rolls."""
    from workers.entity_matching import sample  # needs Django's settings

    made = sample.make(count, count, seed=2)

    def lessons() -> Lessons:
        """Another draw."""
        other = sample.make(1_000, 1_000, seed=3)
        same = set(other.truth.items())
        tables = [
            frame.select(id=key, **{kind: columns[side] for kind, columns in OWNER_COLUMNS.items()})
            for side, (frame, key) in enumerate(zip((other.owners, other.entities), OWNER_KEYS, strict=True))
        ]
        return Lessons(tables, same, _different([left for left, _ in same], tables[0], tables[1], same))

    return LabelledSet([made.owners, made.entities], {}, set(made.truth.items()), lessons=lessons)


def alike(data: LabelledSet) -> list[pl.DataFrame]:
    """The tables with the same names for the same columns."""
    if data.fields:
        return [table.rename(data.fields) for table in data.tables]
    return [
        table.select(id=OWNER_KEYS[side], **{kind: columns[side] for kind, columns in OWNER_COLUMNS.items()})
        for side, table in enumerate(data.tables)
    ]


def _different(lefts: list[str], left: pl.DataFrame, right: pl.DataFrame, truth: set[Pair]) -> set[Pair]:
    """For each of ``lefts`` a record that is another party: the one with the next name, and one at random."""
    draw = random.Random(1)
    names = sorted(zip(right["name"].fill_null("").to_list(), right["id"].to_list(), strict=True))
    name_of = dict(zip(left["id"].to_list(), left["name"].fill_null("").to_list(), strict=True))
    ids = [number for _, number in names]
    pairs = set()
    for number in sorted(lefts):
        at = bisect([name for name, _ in names], name_of[number])
        pairs |= {(number, ids[at % len(ids)]), (number, draw.choice(ids))}
    return {pair for pair in pairs if pair[0] != pair[1] and pair not in truth and pair[::-1] not in truth}


def _id(known: dict[str, str], text: str) -> str:
    return known.setdefault(text, str(len(known)))


def _restaurants(texts: dict[str, str], kinds: dict[str, str]) -> pl.DataFrame:
    rows = []
    for text, number in texts.items():
        parts = re.split(r"\s*COL (\w+) VAL ", text)
        values = {
            name: value.strip(" '`\\").replace(" \\ 's", "'s")
            for name, value in zip(parts[1::2], parts[2::2], strict=True)
        }
        rows.append({"id": number} | {name: values.get(name, "") for name in kinds})
    return pl.DataFrame(rows)
