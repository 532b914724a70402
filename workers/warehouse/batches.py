"""Reads a dataset in batches: a slice at a time, since the lazy frame's own batches buffer most of a large file."""

from collections.abc import Iterator

import polars as pl

BATCH_ROWS = 20_000


def batches(rows: pl.LazyFrame, size: int, start: int = 0) -> Iterator[pl.DataFrame]:
    """The rows in their order from the row ``start`` on, ``size`` at a time."""
    while (frame := rows.slice(start, size).collect()).height:
        start += frame.height
        yield frame
