"""One way of matching one labelled set, in a process of its own: tells its pairs, wall time and peak memory.

python -m benchmarks.matching_ways WAY SET [COUNT]
"""

import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from itertools import combinations
from typing import Any

import django
import numpy as np
import polars as pl
from django.core.management import call_command
from rapidfuzz import fuzz, process, utils

from benchmarks import matching_dedupe, matching_sets
from benchmarks.matching_sets import LabelledSet, Pair

ROWS_AT_ONCE = 500  # so that the table of scores fits
ALIKE = 85  # of 100, by rapidfuzz: chosen beforehand, as somebody would who has no labels


def main() -> None:
    way, name, *count = sys.argv[1:]
    os.environ["DJANGO_SETTINGS_MODULE"] = "concord.settings"
    django.setup()
    data = getattr(matching_sets, name)(*map(int, count))
    began = time.perf_counter()
    pairs, compared, questions = WAYS[way](data)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {"pairs": sorted(pairs), "compared": compared, "questions": questions, "seconds": seconds, "peak": peak}
        )
    )


def worker(data: LabelledSet) -> tuple[set[Pair], int, int]:
    """The worker's action as it is called without thought, each record with its likeliest partner from 0.5 on."""
    return _migrated(data, certain=0.5)


def worker_certain(data: LabelledSet) -> tuple[set[Pair], int, int]:
    """The same, with only the links that no person is asked about."""
    return _migrated(data, certain=0.95)


def _migrated(data: LabelledSet, certain: float) -> tuple[set[Pair], int, int]:
    call_command("migrate", database="warehouse", verbosity=0)
    return matched(data, certain)


def matched(data: LabelledSet, certain: float) -> tuple[set[Pair], int, int]:
    """The pairs that the worker links, how many it compared, and of how many records it asks a person."""
    from workers import datasets  # these need Django's settings
    from workers.contract import Call
    from workers.entity_matching import worker as entity_matching

    stored = [datasets.write(table, f"bench/{number}.parquet") for number, table in enumerate(data.tables)]
    arguments: dict[str, Any]
    asked = {"linkage": "bench", "certain": certain, "possible": min(certain, 0.3)}
    if not data.fields:
        arguments = {"properties": stored[0], "property_key": ["parcel_id"], "entities": stored[1]}
        found = entity_matching.actions["link_properties_to_entities"].run(Call(), arguments | asked)
        links = datasets.read(found["properties"]).drop_nulls("entity_key").select("property_key", "entity_key")
        return set(links.rows()), found["pairs_compared"], found["open"]
    if len(stored) == 1:
        fields = [{"kind": kind, "column": column} for column, kind in data.fields.items()]
        arguments = {"dataset": stored[0], "key": ["id"], "fields": fields}
        found = entity_matching.actions["deduplicate"].run(Call(), arguments | asked)
        return _pairs_of(datasets.read(found["groups"])), found["pairs_compared"], found["open"]
    fields = [{"kind": kind, "left": column, "right": column} for column, kind in data.fields.items()]
    arguments = {"left": stored[0], "right": stored[1], "left_key": ["id"], "right_key": ["id"], "fields": fields}
    found = entity_matching.actions["match_entities"].run(Call(), arguments | asked)
    links = datasets.read(found["links"]).select("left_key", "right_key")
    return set(links.rows()), found["pairs_compared"], found["open"]


def exact(data: LabelledSet) -> tuple[set[Pair], int, int]:
    """Names that are the same but for case and marks."""
    clean = pl.col("name").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "").alias("key")
    sides = [table.select("id", clean).filter(pl.col("key") != "") for table in matching_sets.alike(data)]
    joined = sides[0].join(sides[-1], on="key", suffix="_right").select("id", "id_right").rows()
    return _ordered(joined, data), len(joined), 0


def rapidfuzz(data: LabelledSet) -> tuple[set[Pair], int, int]:
    """The mean likeness of the fields that both records have, the name twice: names and addresses by their words."""
    tables = matching_sets.alike(data)
    left, right = tables[0], tables[-1]
    ids, others = left["id"].to_list(), right["id"].to_list()
    found: list[Pair] = []
    for start in range(0, left.height, ROWS_AT_ONCE):
        scores = _likeness(left.slice(start, ROWS_AT_ONCE), right)
        best = scores.argmax(axis=1) if len(tables) > 1 else None
        rows, columns = (scores >= ALIKE).nonzero()
        found += [
            (ids[start + row], others[column])
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            if best is None or best[row] == column
        ]
    return _ordered(found, data), left.height * right.height, 0


def _likeness(left: pl.DataFrame, right: pl.DataFrame) -> np.ndarray:
    """The score of each record of ``left`` with each of ``right``, from 0 to 100."""
    total = np.zeros((left.height, right.height), dtype=np.float32)
    weight = np.zeros_like(total)
    for column in left.columns[1:]:
        texts, others = (table[column].fill_null("").str.strip_chars().to_list() for table in (left, right))
        scorer = {"name": fuzz.token_set_ratio, "address": fuzz.token_sort_ratio}.get(column, fuzz.ratio)
        scores = process.cdist(texts, others, scorer=scorer, processor=utils.default_process, workers=-1)
        known = np.outer([bool(text) for text in texts], [bool(text) for text in others])
        share = 2 if column == "name" else 1
        total += scores * known * share
        weight += known * share
    return total / np.maximum(weight, 1)


def splink(data: LabelledSet) -> tuple[set[Pair], int, int]:
    """Splink with the comparisons of its library as its documentation has them, and no preparation of the data.

    Of the pairs that it compared only those it kept are counted.
    """
    import splink.comparison_library as library
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    tables = matching_sets.alike(data)
    given = [column for column in ("address", "zip", "city", "phone") if column in tables[0].columns]
    settings = SettingsCreator(
        link_type="dedupe_only" if len(tables) == 1 else "link_only",
        unique_id_column_name="id",
        comparisons=[
            library.NameComparison("name"),
            library.LevenshteinAtThresholds("address", [1, 3]),
            *(library.ExactMatch(column) for column in given[1:]),
        ],
        blocking_rules_to_generate_predictions=[block_on(column) for column in ("name", *given) if column != "city"],
    )
    api = DuckDBAPI()
    registered = [api.register(table.to_arrow(), dataset_display_name=f"t{at}") for at, table in enumerate(tables)]
    linker = Linker(registered if len(registered) > 1 else registered[0], settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([block_on("name", "address")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for column in ("name", "address"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    predicted = linker.inference.predict(threshold_match_probability=0.5).as_duckdbpyrelation().pl()
    return _ordered(predicted.select("id_l", "id_r").rows(), data), predicted.height, 0


def _ordered(pairs: list[Pair], data: LabelledSet) -> set[Pair]:
    if len(data.tables) > 1:
        return set(pairs)
    return {(min(pair, key=int), max(pair, key=int)) for pair in pairs if pair[0] != pair[1]}


def _pairs_of(groups: pl.DataFrame) -> set[Pair]:
    members = groups.group_by("group").agg("key").get_column("key").to_list()
    return {pair for group in members for pair in combinations(sorted(group, key=int), 2)}


WAYS: dict[str, Callable[[LabelledSet], tuple[set[Pair], int, int]]] = {
    "worker": worker,
    "worker_certain": worker_certain,
    "exact": exact,
    "rapidfuzz": rapidfuzz,
    "splink": splink,
    **({"dedupe": matching_dedupe.dedupe} if matching_dedupe.is_installed() else {}),
}

if __name__ == "__main__":
    main()
