"""How alike what two columns hold is, in [0, 1]: their values, patterns and range, and how full they are.

Looked at is a sample of the rows, so that columns of different rows of one kind are alike too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

SKETCH = 256  # values that are compared, chosen by their hashes: the same ones on both sides
PATTERNS = 30
NUMERIC = 0.98  # the share of values from which on a column is one of numbers
UNIQUE = 0.5  # the share of values that are distinct in a column that names things
_WEIGHTS = {"values": 0.3, "patterns": 0.35, "range": 0.25, "filled": 0.1}


@dataclass(frozen=True)
class Content:
    """What a sample of a column holds. ``quantiles`` of its numbers, if it is one of numbers; ``examples`` of texts."""

    rows: int
    filled: float
    numeric: float
    negative: bool
    longest: int
    is_unique: bool
    quantiles: tuple[float, ...]
    patterns: Mapping[str, float]
    sketch: frozenset[int]
    examples: tuple[str, ...]


def contents(rows: pl.DataFrame) -> dict[str, Content]:
    """What each column of a sample holds."""
    return {name: _content(rows[name]) for name in rows.columns}


def likeness(one: Content, other: Content) -> float | None:
    """How alike two columns are; None where one of them is empty, since that tells nothing."""
    if not one.filled or not other.filled:
        return None
    parts = {
        "patterns": _cosine(one.patterns, other.patterns),
        "filled": 1 - abs(one.filled - other.filled),
    }
    shared = _shared(one.sketch, other.sketch)
    if shared or not (one.is_unique and other.is_unique):  # of keys, other rows have other ones
        parts["values"] = shared
    if one.quantiles and other.quantiles:
        parts["range"] = _near(one.quantiles, other.quantiles)
    elif one.quantiles or other.quantiles:
        parts["range"] = 0.0
    return sum(_WEIGHTS[name] * part for name, part in parts.items()) / sum(_WEIGHTS[name] for name in parts)


def _content(column: pl.Series) -> Content:
    texts = _texts(column).drop_nulls()
    numbers = texts.cast(pl.Float64, strict=False).drop_nulls()
    numbers = numbers.filter(numbers.is_finite())
    numeric = numbers.len() / texts.len() if texts.len() else 0.0
    distinct = texts.unique(maintain_order=True)
    return Content(
        rows=column.len(),
        filled=texts.len() / column.len() if column.len() else 0.0,
        numeric=numeric,
        negative=bool((numbers < 0).any()),
        longest=int(texts.str.len_chars().max() or 0),  # type: ignore[arg-type]
        is_unique=texts.len() > 0 and distinct.len() >= UNIQUE * texts.len(),
        quantiles=tuple(_quantiles(numbers)) if numeric >= NUMERIC else (),
        patterns=_patterns(texts),
        sketch=frozenset(distinct.hash(seed=1).sort().head(SKETCH)),
        examples=tuple(distinct.head(3)),
    )


def _texts(column: pl.Series) -> pl.Series:
    """The values as texts, a whole number always the same; null where there is nothing but blanks."""
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        is_whole = (column == whole.cast(column.dtype)).fill_null(value=False)
        texts = pl.select(pl.when(is_whole).then(whole.cast(pl.String)).otherwise(column.cast(pl.String))).to_series()
    else:
        texts = column.cast(pl.String)
    texts = texts.str.strip_chars()
    return texts.set(texts == "", None)


def _quantiles(numbers: pl.Series) -> list[float]:
    return [float(numbers.quantile(share) or 0) for share in (0.05, 0.25, 0.5, 0.75, 0.95)]


def _patterns(texts: pl.Series) -> dict[str, float]:
    """The frequent shapes of values: 9 for digits, A for letters, and how many of them up to three."""
    shapes = texts.str.slice(0, 40).str.replace_all("[0-9]", "9").str.replace_all("[A-Za-z]", "A")
    shapes = shapes.str.replace_all("A{4,}", "A+").str.replace_all("9{13,}", "9+")
    counted = shapes.value_counts(sort=True).head(PATTERNS)
    return dict(zip(counted[:, 0], (math.sqrt(count) for count in counted[:, 1]), strict=True))


def _shared(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of values that are on both sides, told from those with the smallest hashes of either."""
    smallest = sorted(one | other)[:SKETCH]
    return sum(value in one and value in other for value in smallest) / len(smallest) if smallest else 0.0


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    product = sum(often * other.get(shape, 0.0) for shape, often in one.items())
    lengths = math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    return product / lengths if lengths else 0.0


def _near(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Whether numbers lie in the same orders of magnitude."""
    far = sum(abs(math.asinh(a) - math.asinh(b)) for a, b in zip(one, other, strict=True)) / len(one)
    return 1 / (1 + far)
