"""The package dedupe as a way of matching, where it is installed (`pip install dedupe`; Concord does not need it).

It has to be taught, which no other way is: with labels that are not measured where there are some, else with a part of
those that are, which is in its favour.
"""

import json
from importlib.util import find_spec
from io import StringIO
from itertools import combinations
from typing import Any

import polars as pl

from benchmarks.matching_sets import LabelledSet, Pair, alike

Records = dict[str, dict[str, str | None]]

LIKELY = 0.5


def is_installed() -> bool:
    return find_spec("dedupe") is not None


def dedupe(data: LabelledSet) -> tuple[set[Pair], int, int]:
    """dedupe with a text comparison for each column, taught with the set's lessons, from a probability of 0.5 on."""
    tables = [_records(table) for table in alike(data)]
    if len(tables) == 1:
        linker = _taught(data, "Dedupe")
        clusters = [[str(key) for key in keys] for keys, _ in linker.partition(tables[0], threshold=LIKELY)]
        pairs = {pair for keys in clusters for pair in combinations(sorted(keys, key=int), 2)}
    else:
        linker = _taught(data, "RecordLink")
        found = linker.join(*tables, threshold=LIKELY, constraint="many-to-one")
        pairs = {(str(left), str(right)) for (left, right), _ in found}
    return pairs, len(pairs), 0


def _taught(data: LabelledSet, kind: str) -> Any:
    import dedupe as package  # only where it is installed

    lessons = data.lessons()
    named = [table.rename(data.fields) for table in lessons.tables]
    tables = [_records(table) for table in named]
    columns = [name for name in named[0].columns if name != "id"]
    variables = [package.variables.String(name, has_missing=True) for name in columns]
    linker = getattr(package, kind)(variables, num_cores=1)
    left, right = tables[0], tables[-1]
    lesson = {
        name: [{"__class__": "tuple", "__value__": [left[one], right[other]]} for one, other in sorted(pairs)]
        for name, pairs in (("match", lessons.same), ("distinct", lessons.different))
    }
    linker.prepare_training(*tables, training_file=StringIO(json.dumps(lesson)))
    linker.train(index_predicates=False)
    return linker


def _records(table: pl.DataFrame) -> Records:
    """The rows by id; blank cells are missing, and case tells nothing."""
    return {
        row["id"]: {name: (value or "").strip().lower() or None for name, value in row.items() if name != "id"}
        for row in table.to_dicts()
    }
