"""The columns of a side, with what is known of each: its type, a sample of what it holds, what its layout says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import polars as pl

from workers import datasets, roll_columns
from workers.contract import Call, InvalidParameters
from workers.data_quality.mapping.contents import Content, contents
from workers.datasets import Dataset
from workers.roll_columns import Column
from workers.stores import Kind, ParquetFile, Side, Table, reading

Columns = Dataset | Table | list[str] | str
MOST_COLUMNS = 2_000
SAMPLE_ROWS = 20_000
SLICES = 4  # of a file, from its beginning to its end
_LAYOUT = re.compile(r"([A-Z]+) +(\d{4})([SPF])")


@dataclass(frozen=True)
class Known:
    """What is known of a column, None or empty where it is not."""

    name: str
    kind: Kind | None = None
    column: Column | None = None
    content: Content | None = None


def look(call: Call, columns: Columns, field: str) -> list[Known]:
    """The columns of a side in their order. Raises `InvalidParameters` naming ``field``."""
    if isinstance(columns, str):
        return [Known(column.name, column=column) for column in _layout(columns, field)]
    if isinstance(columns, list):
        return [Known(name) for name in _checked(columns, field)]
    with reading(cast(Dataset | Table, columns), field) as side, datasets.workspace() as folder:
        rows = _sample(call, side, folder)
    kinds = {name.lower(): kind for name, kind in side.kinds.items()}
    found = contents(rows)
    return [Known(name, kind=kinds[name.lower()], content=found[name]) for name in _checked(rows.columns, field)]


def _layout(name: str, field: str) -> Sequence[Column]:
    match = _LAYOUT.fullmatch(name.strip().upper())
    if not match or match[1] not in roll_columns.PINNED:
        there = ", ".join(roll_columns.PINNED)
        message = f"{field}: {name!r} is no known layout; name a type ({there}), a year and a stage: 'NAL 2026F'"
        raise InvalidParameters(message, field=field)
    return roll_columns.pinned(match[1], int(match[2]), match[3])


def _checked(names: list[str], field: str) -> list[str]:
    if not 1 <= len(names) <= MOST_COLUMNS:
        raise InvalidParameters(f"{field}: it has {len(names):,} columns; 1 to {MOST_COLUMNS:,} are taken", field=field)
    for number, name in enumerate(names):
        if not name.strip() or name in names[:number]:
            message = f"{field}.{number}: the column name {name!r} is {'there twice' if name.strip() else 'empty'}"
            raise InvalidParameters(message, field=field)
    return names


def _sample(call: Call, side: Side, folder: Path) -> pl.DataFrame:
    """Some rows: of a file from several places, of a table those that come first."""
    call.progress(0, None, f"looking at the {side.name}")
    if not isinstance(side, ParquetFile):
        return pl.read_parquet(side.files(call, list(side.kinds), folder, limit=SAMPLE_ROWS))
    rows = pl.scan_parquet(side.path)
    total, size = rows.select(pl.len()).collect().item(), SAMPLE_ROWS // SLICES
    if total <= SAMPLE_ROWS:
        return rows.collect()
    starts = [part * (total - size) // (SLICES - 1) for part in range(SLICES)]
    return pl.concat([rows.slice(start, size).collect() for start in starts])
