"""Why two records are taken for one party: how each field agreed, and how much that tells."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from workers.contract import Json
from workers.entity_matching.assignment import Scored as Pair
from workers.entity_matching.fields import Field
from workers.entity_matching.model import Level, Scored
from workers.entity_matching.preparation import column_of
from workers.entity_matching.results import Evidence, Weight


class Comparisons:
    """Tells of each of ``pairs`` how its fields agreed; only of these, since many are scored that nobody asks about."""

    def __init__(self, scored: Scored, fields: Sequence[Field], pairs: Iterable[Pair]):
        self.levels = scored.levels
        self.columns = {column_of(field, number): label(field) for number, field in enumerate(fields)}
        self.parts = _parts(scored.pairs, list(pairs))

    def of(self, pair: Pair) -> list[Evidence]:
        """Each field that was known on both sides, in the mapping's order; nothing of a pair only a person knew of."""
        parts = self.parts.get((pair.left, pair.right), {})
        told = [self._evidence(name, column, parts) for column, name in self.columns.items()]
        return [evidence for evidence in told if evidence]

    def _evidence(self, name: str, column: str, parts: Mapping[str, Any]) -> Evidence | None:
        weight = parts.get(f"mw_{column}")
        if not weight:  # nothing is known on one of the sides
            return None
        level = min(self.levels[column], key=lambda level: abs(level.weight - weight))
        bits = weight + (parts.get(f"mw_tf_adj_{column}") or 0.0)
        return {"field": name, "words": level.words, "bits": round(bits, 1)}


def label(field: Field) -> str:
    """What people call a field: its first column on each side."""
    return " / ".join(dict.fromkeys(columns[0] for columns in field.columns if columns))


def weights(levels: Mapping[str, Sequence[Level]], fields: Sequence[Field]) -> list[Weight]:
    """What the model learned, field by field."""
    return [
        {"field": label(field), "words": level.words, "bits": round(level.weight, 1)}
        for number, field in enumerate(fields)
        for level in levels.get(column_of(field, number), [])
    ]


def _parts(scored: pl.DataFrame, pairs: list[Pair]) -> dict[tuple[int, int], Json]:
    numbers = {"left": [pair.left for pair in pairs], "right": [pair.right for pair in pairs]}
    wanted = pl.DataFrame(numbers, schema={"left": pl.Int64, "right": pl.Int64})
    found = scored.join(wanted, on=["left", "right"], how="semi")
    return {(row["left"], row["right"]): row for row in found.iter_rows(named=True)}
