"""The tables that are matched: read from wherever they are kept, with the columns that are needed and their keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from workers.contract import Call, InvalidParameters
from workers.datasets import Dataset
from workers.entity_matching.bounds import BYTES_TO_READ, check_memory
from workers.entity_matching.fields import Field
from workers.stores import Side, Table, reading

KEY_SEPARATOR = " / "
KEY_LENGTH = 255


@dataclass(frozen=True)
class Records:
    """The rows of one side, all as text under lower-case names, and each row's key."""

    frame: pl.DataFrame
    keys: list[str]


def read(
    call: Call, store: Dataset | Table, name: str, key: Sequence[str], columns: Iterable[str], folder: Path
) -> Records:
    """The rows of ``store``.

    Raises `InvalidParameters` if it lacks a column, if the key does not name one row, or if they are too many to match.
    """
    with reading(store, name) as side:
        wanted = _wanted(side, name, [*key, *columns])
        frame = _frame(call, side, wanted, name, folder)
    return Records(frame, keys_of(frame, [column.lower() for column in key], name))


def columns_of(fields: Sequence[Field], side: int) -> list[str]:
    """All columns of a side that the fields compare."""
    return [column for field in fields for column in field.columns[side]]


def keys_of(frame: pl.DataFrame, key: Sequence[str], name: str) -> list[str]:
    """Each row's key as one text; of several columns, joined. Raises `InvalidParameters` if two rows have one key."""
    keys = frame.select(pl.concat_str(list(key), separator=KEY_SEPARATOR, ignore_nulls=False).alias("key"))["key"]
    if keys.null_count():
        raise InvalidParameters(f"{name}_key: {keys.null_count():,} rows have no {', '.join(key)}", field=f"{name}_key")
    if doubled := keys.len() - keys.n_unique():
        raise InvalidParameters(
            f"{name}_key: {', '.join(key)} names no single row: {doubled:,} rows share theirs with another",
            field=f"{name}_key",
        )
    if (keys.str.len_chars().max() or 0) > KEY_LENGTH:  # type: ignore[operator]
        raise InvalidParameters(f"{name}_key: a key is longer than {KEY_LENGTH} characters", field=f"{name}_key")
    return keys.to_list()


def _wanted(side: Side, name: str, columns: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(column.lower() for column in columns))
    if unknown := [column for column in wanted if column not in side.kinds]:
        present = ", ".join(list(side.kinds)[:40])
        raise InvalidParameters(f"{name}: it has no column {unknown[0]!r}; there are {present}", field=name)
    return wanted


def _frame(call: Call, side: Side, columns: list[str], name: str, folder: Path) -> pl.DataFrame:
    """The columns as text, so that a parcel's or a county's number keeps its zeros and compares as it is written."""
    files = side.files(call, columns, folder)
    rows = pl.scan_parquet(files)
    check_memory(rows.select(pl.len()).collect().item(), BYTES_TO_READ, name)
    named = {column: column.lower() for column in rows.collect_schema().names()}
    return rows.rename(named).select(pl.col(columns).cast(pl.String)).collect()
