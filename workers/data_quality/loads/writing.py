"""Reads the rows that a question asks for and writes them as Parquet, without ever holding them all."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from workers import datasets, duck
from workers.contract import Call
from workers.data_quality.loads.conditions import Filter
from workers.data_quality.loads.question import Question
from workers.data_quality.profiles.cells import Column
from workers.duck import quoted
from workers.stores import ParquetFile, Side

GROUP_CELLS = 2_000_000  # of a row group, which is written, and read again, at once


@dataclass(frozen=True)
class Source:
    """The files with the rows, the conditions that still have to be asked of them, and a digest of their content."""

    files: Sequence[Path]
    where: Sequence[Filter]
    digest: str


def source(call: Call, connection: duckdb.DuckDBPyConnection, side: Side, question: Question, folder: Path) -> Source:
    """A dataset's own file; of a table the rows that fit, copied into ``folder``."""
    if isinstance(side, ParquetFile):
        return Source([side.path], question.where, datasets.sha256(side.path))
    for one in question.where:
        side.keep_only(one.sql, one.values)
    first = None if question.order else question.limit
    files = side.files(call, question.needed, folder, first)
    rows = duck.fingerprint(connection, duck.parquet(files), question.needed)
    return Source(files, [], hashlib.sha256(f"{side.table} {side.where} {rows}".encode()).hexdigest())


def write(
    call: Call, connection: duckdb.DuckDBPyConnection, source: Source, question: Question, path: Path, *, plain: bool
) -> dict[str, str]:
    """Write the rows at ``path``, and tell the types of its columns. ``plain``: lists and the like become texts."""
    call.progress(0, None, "writing the rows")
    rows = duck.parquet(source.files)
    types = duck.columns(connection, rows)
    cells = ", ".join(_cell(Column(name, types[name], ""), plain) for name in question.columns)
    parts = [f"SELECT {cells} FROM {rows}"]
    if source.where:
        parts.append(f"WHERE {' AND '.join(one.sql for one in source.where)}")
    if question.order:  # rows that are equal in that stay as they are in the source
        parts.append(f"ORDER BY {', '.join([*question.order, 'file_index', 'file_row_number'])}")
    if question.limit is not None:
        parts.append(f"LIMIT {question.limit:d}")
    group = max(2_048, min(122_880, GROUP_CELLS // len(question.columns)))
    connection.execute(
        f"COPY ({' '.join(parts)}) TO {duck.literal(str(path))}"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})",
        [value for one in source.where for value in one.values],
    )
    return duck.columns(connection, duck.parquet([path]))


def _cell(column: Column, plain: bool) -> str:
    return f"{column.cell} AS {quoted(column.name)}" if plain else quoted(column.name)
