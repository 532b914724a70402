"""deduplicate: which records of one table are one party?"""

from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field

from workers import datasets
from workers.contract import Call, action
from workers.datasets import Dataset
from workers.entity_matching import clusters, evidence, matching, publishing, tables
from workers.entity_matching import fields as mapping
from workers.entity_matching.assignment import Scored as Pair
from workers.entity_matching.fields import Single
from workers.entity_matching.match import CERTAIN, POSSIBLE, Certain, Linkage, Possible, check_thresholds
from workers.entity_matching.results import Deduplication
from workers.entity_matching.tables import Records
from workers.stores import Table

Numbers = tuple[int, int]


@action(expected_seconds=60)
def deduplicate(
    call: Call,
    dataset: Annotated[Dataset | Table, Field(description='A dataset reference, or {"table": "nap_current"}.')],
    key: Annotated[list[str], Field(min_length=1, description="The columns that name a row.")],
    fields: Annotated[list[Single], Field(min_length=1, description='By what: {"kind": "name", "column": "OWN_NAM"}.')],
    linkage: Linkage,
    certain: Certain = CERTAIN,
    possible: Possible = POSSIBLE,
) -> Deduplication:
    """Find the records of one table that are one party, and put each group of them together.

    Two groups become one while the mean probability of the pairs between them is ``certain``; where it is only
    ``possible``, a person is asked once about the two groups, by their likeliest pair. See match_entities for how
    records are compared.
    """
    check_thresholds(certain, possible)
    read = mapping.of_singles(fields)
    with datasets.workspace() as folder:
        records = tables.read(call, dataset, "dataset", key, tables.columns_of(read, 0), folder)
        scored = matching.score(call, [records], mapping.lower(read), folder)
    said = _ordered(matching.said_of(linkage, [records]))
    pairs = {(pair.left, pair.right): pair for pair in matching.pairs_of(scored)}
    likely = {numbers: pair.probability for numbers, pair in pairs.items()}
    groups = clusters.group(len(records.keys), likely, certain, said)
    wider = clusters.group(len(records.keys), likely, possible, said)
    links = _links(pairs, groups, said)
    asked = _questions(pairs, groups, wider, said, possible)
    comparisons = evidence.Comparisons(scored, mapping.lower(read), [*links, *asked])
    sides = [records, records]
    published = publishing.publish(
        call,
        linkage,
        [publishing.link(pair, sides, comparisons, by_person=(pair.left, pair.right) in said) for pair in links],
        [publishing.question(n, pair, sides, comparisons, only_one=False) for n, pair in enumerate(asked)],
    )
    count = int(groups.max(initial=-1)) + 1
    duplicates = len(records.keys) - count
    return {
        "linkage": linkage,
        **published,
        "left_rows": len(records.keys),
        "right_rows": len(records.keys),
        "pairs_compared": scored.compared,
        "linked": len(links),
        "open": len(asked),
        "decided_before": len(said),
        "weights": evidence.weights(scored.levels, mapping.lower(read)),
        "words": f"{len(records.keys):,} rows are {count:,} parties; {len(asked):,} pairs of them wait for a person.",
        "duplicates": duplicates,
        "groups": _groups(linkage, published["run"], records, groups),
    }


def _ordered(said: dict[Numbers, bool]) -> dict[Numbers, bool]:
    """The lower record first, as pairs are scored."""
    return {(min(pair), max(pair)): same for pair, same in said.items()}


def _links(pairs: dict[Numbers, Pair], groups: np.ndarray, said: dict[Numbers, bool]) -> list[Pair]:
    """For each record but one of a group the likeliest pair that holds it there."""
    held = [pair for numbers, pair in pairs.items() if groups[pair.left] == groups[pair.right] and numbers not in said]
    sure = [Pair(*numbers, float("inf"), 1.0) for numbers, same in said.items() if same]
    joined = list(range(len(groups)))
    links = []
    for pair in sorted([*sure, *held], key=lambda pair: (-pair.weight, pair.left, pair.right)):
        left, right = _root(joined, pair.left), _root(joined, pair.right)
        if left != right:
            joined[right] = left
            links.append(pair)
    return links


def _root(joined: list[int], record: int) -> int:
    while joined[record] != record:
        joined[record] = joined[joined[record]]
        record = joined[record]
    return record


def _questions(
    pairs: dict[Numbers, Pair], groups: np.ndarray, wider: np.ndarray, said: dict[Numbers, bool], possible: float
) -> list[Pair]:
    """For each two groups that may be one party their likeliest pair, unless a person has said something of them."""
    answered = {_of_groups(groups, *numbers) for numbers in said}
    best: dict[Numbers, Pair] = {}
    for pair in pairs.values():
        between = _of_groups(groups, pair.left, pair.right)
        apart = between[0] != between[1] and wider[pair.left] == wider[pair.right]
        if apart and pair.probability >= possible and between not in answered:
            best[between] = max(best.get(between, pair), pair, key=lambda one: one.weight)
    return sorted(best.values(), key=lambda pair: (-pair.weight, pair.left, pair.right))


def _of_groups(groups: np.ndarray, left: int, right: int) -> Numbers:
    first, second = sorted((int(groups[left]), int(groups[right])))
    return first, second


def _groups(linkage: str, run: str, records: Records, groups: np.ndarray) -> Dataset:
    """Each row's key and that of its group: the key of the group's first row."""
    first = {int(number): records.keys[index] for index, number in reversed(list(enumerate(groups)))}
    frame = pl.DataFrame(
        {"key": records.keys, "group": [first[int(number)] for number in groups]},
        schema={"key": pl.String, "group": pl.String},
    )
    return datasets.write(
        frame, f"matching/{publishing.slug(linkage)}/{run}/groups-{publishing.digest(records.keys)}.parquet"
    )
