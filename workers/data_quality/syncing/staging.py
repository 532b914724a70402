"""Puts the source's rows into a temporary table whose columns have the types of the target's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import polars as pl
from django.db import DatabaseError, DataError, connections

from workers.contract import Call, InvalidParameters
from workers.data_quality.syncing.target import CHANGES, STAGED, Target, asked, create, done, listed, quoted
from workers.personal import masked
from workers.stores import POLARS, Kind, Side
from workers.warehouse import ALIAS, frames
from workers.warehouse.batches import batches

BATCH_ROWS = 20_000
SHOWN = 3
_TRUTH = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


@contextmanager
def staged(call: Call, target: Target, source: Side, folder: Path) -> Iterator[int]:
    """The rows of ``source`` in `STAGED`, and how many they are. It goes away after the block.

    Raises `InvalidParameters` for a value that its column cannot have, a key that is not there or is there twice, and
    a row that is outside of the target's ``where``.
    """
    _drop()
    try:
        create(STAGED, f"SELECT {listed(target.columns)} FROM {quoted(target.table)} LIMIT 0")
        rows = _fill(call, target, source, folder)
        done(f"CREATE INDEX {STAGED}_key ON {STAGED} ({listed(target.key)})")
        done(f"ANALYZE {STAGED}")
        check_key(target, STAGED, "source")
        _check_inside(target)
        yield rows
    finally:
        _drop()


def _drop() -> None:
    """SQLite keeps temporary tables as long as the connection; PostgreSQL's end with the transaction."""
    if connections[ALIAS].vendor == "sqlite":
        with suppress(DatabaseError):  # a connection that is gone has taken them along
            for name in (STAGED, CHANGES):
                done(f"DROP TABLE IF EXISTS temp.{name}")


def _fill(call: Call, target: Target, source: Side, folder: Path) -> int:
    """Copy the rows into the temporary table, a batch after the other."""
    own = {name.lower(): name for name in target.columns}
    files = source.files(call, [name for name in source.kinds if name.lower() in own], folder)
    frame = pl.scan_parquet(files)
    names = {name: own[name.lower()] for name in frame.collect_schema().names() if name.lower() in own}
    total, rows = frame.select(pl.len()).collect().item(), 0
    for batch in batches(frame.select(*names).rename(names), BATCH_ROWS):
        _append(target, _converted(batch, target))
        call.progress(rows := rows + batch.height, total, "staging the source's rows")
    return rows


def _append(target: Target, batch: pl.DataFrame) -> None:
    try:
        frames.append(STAGED, batch)
    except DataError as error:  # a date that is none, or a number that its column is too small for
        said = str(error).splitlines()[0].partition(": ")[0]
        raise InvalidParameters(f"source: {said}, in a column of {target.table}", field="source") from error


def _converted(batch: pl.DataFrame, target: Target) -> pl.DataFrame:
    """The batch with each column of the kind that its target has. Raises `InvalidParameters` where one cannot be."""
    try:
        converted = batch.select(_as_kind(name, batch.schema[name], target.kinds[name]) for name in target.columns)
    except pl.exceptions.PolarsError as error:  # lists and the like
        said = str(error).splitlines()[0]
        raise InvalidParameters(f"source: {target.table} cannot have its values: {said}", field="source") from error
    for name in target.columns:
        lost = batch[name].filter(batch[name].is_not_null() & converted[name].is_null())
        if lost.len():
            message = f"source: {name} of {target.table} is {target.kinds[name]}, and cannot be {_examples(name, lost)}"
            raise InvalidParameters(message, field="source")
    return converted


def _examples(name: str, values: pl.Series) -> str:
    return ", ".join(repr(masked(name, value)) for value in values.unique(maintain_order=True).head(SHOWN))


def _as_kind(name: str, dtype: pl.DataType, kind: Kind) -> pl.Expr:
    """The column as this kind, null where it cannot be."""
    column = pl.col(name)
    if kind == "boolean" and dtype != pl.Boolean:
        return column.cast(pl.String).str.to_lowercase().replace_strict(_TRUTH, default=None, return_dtype=pl.Boolean)
    if kind == "integer" and (dtype.is_float() or dtype.is_decimal()):
        whole = column.cast(pl.Int64, strict=False)
        return pl.when(whole.cast(dtype, strict=False) == column).then(whole).alias(name)
    if kind == "text" and dtype == pl.Date:
        return column.dt.to_string("%Y-%m-%d")
    return column.cast(POLARS[kind], strict=False)


def check_key(target: Target, table: str, side: str, parameters: Any = ()) -> None:
    """Raise `InvalidParameters` if a row of ``table`` lacks a part of the key, or two have the same one."""
    lacking = " OR ".join(f"{quoted(name)} IS NULL" for name in target.key)
    [(count,)] = asked(f"SELECT count(*) FROM {table} AS rows_ WHERE {lacking}", parameters)
    if count:
        raise InvalidParameters(f"key: {count:,} rows of the {side} have no value in {_named(target)}", field="key")
    again = f"SELECT {listed(target.key)} FROM {table} AS rows_ GROUP BY {listed(target.key)} HAVING count(*) > 1"
    if found := asked(f"{again} ORDER BY {listed(target.key)} LIMIT {SHOWN}", parameters):
        [(many,)] = asked(f"SELECT count(*) FROM ({again}) AS again", parameters)
        shown = ", ".join(str(_shown(target, row)) for row in found)
        message = f"key: {many:,} keys are there more than once in the {side}, such as {shown}; name more columns"
        raise InvalidParameters(message, field="key")


def _shown(target: Target, row: tuple[Any, ...]) -> Mapping[str, Any]:
    return {name: masked(name, value) for name, value in zip(target.key, row, strict=True)}


def _named(target: Target) -> str:
    return " or ".join(target.key)


def _check_inside(target: Target) -> None:
    """A row outside of ``where`` would be written, and never be seen again by the next comparison."""
    for name in target.where:
        if name not in target.columns:
            continue
        value = target.where[name]
        is_other = f"{quoted(name)} IS NOT NULL" if value is None else f"{quoted(name)} IS NULL OR {quoted(name)} <> %s"
        [(count,)] = asked(f"SELECT count(*) FROM {STAGED} WHERE {is_other}", [] if value is None else [value])
        if count:
            message = f"source: {count:,} rows have another {name} than target.where says ({value!r}); leave them out"
            raise InvalidParameters(message, field="source")
