"""Values that many parties share tell little: an address of hundreds of companies is that of their registered agent."""

from collections import Counter
from collections.abc import Callable, Sequence

import polars as pl

Values = list[list[str]]

RARE, COMMON = 3, 20
CLASSES: dict[str, Callable[[int], bool]] = {
    "rare": lambda count: count <= RARE,
    "common": lambda count: RARE < count <= COMMON,
    "crowded": lambda count: count > COMMON,
}


def by_sharers(sides: Sequence[Values], marks: Sequence[Sequence[list[str]]]) -> list[dict[str, pl.Series]]:
    """Each record's values in three lists, by how many parties of the fuller side share one.

    ``marks`` are the other fields that tell parties apart: of each field and side a text per record.
    """
    counts = sharers(sides, marks)
    return [
        {
            name: pl.Series([[value for value in row if fits(counts[value])] for row in side], dtype=pl.List(pl.String))
            for name, fits in CLASSES.items()
        }
        | {"known": pl.Series([bool(row) for row in side], dtype=pl.Boolean)}
        for side in sides
    ]


def sharers(sides: Sequence[Values], marks: Sequence[Sequence[list[str]]]) -> Counter[str]:
    """How many parties of the fuller side share each value."""
    counts: Counter[str] = Counter()
    for index, side in enumerate(sides):
        counts |= _sharers(side, [mark[index] for mark in marks])
    return counts


def _sharers(side: Values, marks: list[list[str]]) -> Counter[str]:
    """How many parties share a value: as many as it comes with different texts of the field that tells the fewest.

    So ten copies of one record are one party, and a telephone of twenty sites under one name is not crowded by it.
    """
    counts = Counter(value for row in side for value in set(row))
    for mark in marks:
        seen: dict[str, set[str]] = {}
        for row, text in zip(side, mark, strict=True):
            for value in row:
                seen.setdefault(value, set()).add(text)
        counts &= Counter({value: len(texts) for value, texts in seen.items()})
    return counts
