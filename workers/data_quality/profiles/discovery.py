"""Reads data once over, and then column by column: what the whole has, what each column is, and what names a row."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from workers import duck
from workers.contract import Call, InvalidParameters
from workers.data_quality.profiles import cells, column, distributions, drift, kept, keys
from workers.data_quality.profiles.cells import Column, Reading
from workers.data_quality.profiles.fields import Distribution, Field
from workers.data_quality.profiles.kept import Profile
from workers.datasets import Dataset
from workers.stores import Side, Table, reading

EXACT = 100_000  # distinct values of a column up to which all that is told of it is exact


@dataclass(frozen=True)
class Whole:
    """All rows: how many, and about how many values each column has, in ``complete`` those without a gap."""

    rows: int
    distinct: Mapping[str, int]
    complete: Mapping[str, int]


class Discovery:
    """One reading of data: a DuckDB with the views ``all_rows`` and ``cells``, the rows that fields are told from."""

    def __init__(
        self,
        call: Call,
        store: Dataset | Table,
        field: str,
        folder: Path,
        sample: int | None,
        most: int,
        stack: ExitStack,
    ):
        self.call, self.most = call, most
        side = stack.enter_context(reading(store, field))
        files = side.files(call, list(side.kinds), folder)
        what = f"{field}: it cannot be profiled"
        self.connection = stack.enter_context(duck.database(call, folder, what, preserve_insertion_order=False))
        for statement in cells.PREPARE:
            self.connection.execute(statement)
        self.connection.execute(f"CREATE VIEW all_rows AS SELECT * FROM {duck.parquet(files)}")
        self.columns = _columns(self.connection, side, field)
        self.whole = _whole(self.connection, self.columns)
        _choose(self.connection, files, folder, sample, self.whole.rows)
        self.digest = _digest(self.connection, side, self.columns, [sample, most])

    def fields(self, before: Profile | None) -> tuple[dict[str, Field], dict[str, Distribution], dict[str, float]]:
        """Each column, how its values lie, and how far they moved since ``before``, by names in small letters."""
        fields: dict[str, Field] = {}
        bins: dict[str, Distribution] = {}
        moved: dict[str, float] = {}
        for done, one in enumerate(self.columns):
            self.call.progress(done, len(self.columns), f"profiling {one.name}")
            name = one.name.lower()
            read = Reading(self.connection, one, exact=self.whole.distinct[one.name] <= EXACT)
            fields[name] = field = column.profile(read, self.most)
            by = distributions.chosen_by(field, personal=one.personal)
            bins[name] = distributions.of(read, by, field["format"])
            if before and (index := _moved(read, field, by, before)) is not None:
                moved[name] = index
        return fields, bins, moved

    def keys(self) -> keys.Keys:
        return keys.find(self.call, self.connection, self.columns, self.whole.complete, self.whole.rows)


def _columns(connection: duckdb.DuckDBPyConnection, side: Side, field: str) -> list[Column]:
    found = duck.columns(connection, "all_rows")
    if not found:
        raise InvalidParameters(f"{field}: it has no columns", field=field)
    return [Column(name, kind, side.types.get(name, kind)) for name, kind in found.items()]


def _whole(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Whole:
    """One pass over all rows."""
    each = ", ".join(f"approx_count_distinct({one.cell}), count(*) FILTER ({one.missing})" for one in columns)
    [(rows, *counts)] = connection.execute(f"SELECT count(*), {each} FROM all_rows").fetchall()
    found = dict(zip([one.name for one in columns], zip(counts[::2], counts[1::2], strict=True), strict=True))
    complete = {name: distinct for name, (distinct, missing) in found.items() if not missing and rows}
    return Whole(rows, {name: distinct for name, (distinct, _) in found.items()}, complete)


def _choose(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], folder: Path, sample: int | None, rows: int
) -> None:
    """Make ``cells``: all rows, or those whose place says so, which are the same ones whenever they are chosen."""
    source = "all_rows"
    if sample is not None and rows > sample:
        chosen = f"hash(file_index, file_row_number) % {rows} < {sample}"
        copy = folder / "sample.parquet"
        connection.execute(
            f"COPY (SELECT * FROM {duck.parquet(files)} WHERE {chosen}) TO {duck.literal(str(copy))} (FORMAT parquet)"
        )
        source = duck.parquet([copy])
    connection.execute(f"CREATE VIEW cells AS SELECT * FROM {source}")


def _digest(connection: duckdb.DuckDBPyConnection, side: Side, columns: Sequence[Column], asked: list[Any]) -> str:
    """What the profile is made of: the rows, their columns, and what was asked."""
    rows = duck.fingerprint(connection, "all_rows", [one.name for one in columns])
    made_of = [kept.FORMAT, rows, [[one.name, one.stored] for one in columns], asked]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()


def _moved(read: Reading, field: Field, by: str, before: Profile) -> float | None:
    """How far the values of a column moved, if they are of the same kind as before."""
    name = read.column.name.lower()
    old, earlier = before.distributions.get(name), before.fields.get(name)
    texts = {"value", "pattern"}
    if not old or not earlier or not (old["by"] == by or {old["by"], by} <= texts):
        return None
    shares = distributions.shares(read, old["by"], old["bins"], field["format"])
    return drift.index(earlier, old, field, shares)
