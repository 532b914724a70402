"""Reads a dataset or a table of the warehouse alike: as Parquet files, and the kinds of its columns."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal, NotRequired

import duckdb
import polars as pl
from django.db import DataError, ProgrammingError, connections, transaction
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.contract import ActionError, Call, InvalidParameters
from workers.datasets import Dataset
from workers.warehouse import ALIAS
from workers.warehouse.reach import reachable

Kind = Literal["integer", "real", "boolean", "text"]
Kinds = Mapping[str, Kind]

BATCH_CELLS = 1_000_000
POLARS: Mapping[Kind, Any] = {"integer": pl.Int64, "real": pl.Float64, "boolean": pl.Boolean, "text": pl.String}
SQL: Mapping[Kind, str] = {"integer": "bigint", "real": "double precision", "boolean": "boolean", "text": "text"}
PARQUET_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "real"),
    "BOOLEAN": "boolean",
}


class Table(TypedDict):
    """A table or view of the warehouse; ``where`` keeps only the rows with these values."""

    table: str
    where: NotRequired[dict[str, str | int | None]]


@contextmanager
def reading(store: Dataset | Table, field: str) -> "Iterator[Side]":
    """The side that ``store`` describes, to be used inside the block.

    Raises `InvalidParameters` naming ``field``, and `TryLater` where the warehouse is away, then or in the block.
    """
    if "table" in store:
        with reachable():
            yield WarehouseTable(store, field)  # type: ignore[arg-type]
        return
    with datasets.local_copy(str(store["$dataset"]), f"{field}.$dataset") as path:
        yield ParquetFile(path, field)


class ParquetFile:
    """A dataset."""

    def __init__(self, path: Path, field: str):
        self.path = path
        self.name = field
        self.types = _parquet_types(path, field)
        kinds = {name.lower(): kind.partition("(")[0] for name, kind in self.types.items()}
        self.kinds: dict[str, Kind] = {name: PARQUET_KINDS.get(kind, "text") for name, kind in kinds.items()}

    def files(self, call: Call, columns: Sequence[str], folder: Path) -> list[Path]:
        return [self.path]


class WarehouseTable:
    """A table or a view of the warehouse. Its rows are read in one statement, so they are those of one moment."""

    def __init__(self, store: Table, field: str):
        self.table, self.where, self.name = store["table"], store.get("where", {}), field
        self.types = _table_types(self.table, field)
        vendor = connections[ALIAS].vendor
        self.kinds = {name: _sql_kind(declared, vendor) for name, declared in self.types.items()}
        if unknown := [name for name in self.where if name not in self.kinds]:
            path = f"{field}.where.{unknown[0]}"
            message = f"{path}: the table {self.table} has no such column; there are {', '.join(self.kinds)}"
            raise InvalidParameters(message, field=path)
        self.conditions: list[tuple[str, list[Any]]] = []

    def keep_only(self, condition: str, values: list[Any]) -> None:
        """Read only the rows that fit this SQL too; its names are quoted, and its values are parameters (``%s``)."""
        self.conditions.append((condition, values))

    def files(self, call: Call, columns: Sequence[str], folder: Path, limit: int | None = None) -> list[Path]:
        """Copy ``columns`` of the rows, or of the first ``limit``, into Parquet files in ``folder``, a batch each."""
        schema = {name: POLARS[self.kinds[name]] for name in columns}
        files: list[Path] = []
        done = 0
        with ExitStack() as stack:
            for rows in self._batches(stack, columns, limit):
                call.progress(done := done + len(rows), None, f"reading {self.table}")
                files.append(folder / f"{self.name}-{len(files)}.parquet")
                pl.DataFrame(rows, schema, orient="row").write_parquet(files[-1], compression="lz4")
        if not files:
            files.append(folder / f"{self.name}-empty.parquet")
            pl.DataFrame(schema=schema).write_parquet(files[-1])
        return files

    def _batches(self, stack: ExitStack, columns: Sequence[str], limit: int | None) -> Iterator[list[Any]]:
        connection = connections[ALIAS]
        stack.enter_context(transaction.atomic(using=ALIAS))
        cursor = stack.enter_context(connection.chunked_cursor())
        statement, values = self._select(columns)
        statement += f" LIMIT {limit:d}" if limit is not None else ""
        try:
            cursor.execute(statement, values)
        except (DataError, ProgrammingError) as error:  # a value that its column cannot have
            message = f"{self.name}.where: {str(error).splitlines()[0]}"
            raise InvalidParameters(message, field=f"{self.name}.where") from error
        while rows := cursor.fetchmany(max(1, BATCH_CELLS // len(columns))):
            yield rows

    def _select(self, columns: Sequence[str]) -> tuple[str, list[Any]]:
        """The names come from the database's catalogue, the values are parameters."""
        quote = _quoted
        casts = ", ".join(f"CAST({quote(name)} AS {SQL[self.kinds[name]]})" for name in columns)
        statement = f"SELECT {casts} FROM {quote(self.table)}"
        conditions = [
            f"{quote(name)} IS NULL" if value is None else f"{quote(name)} = %s" for name, value in self.where.items()
        ]
        values = [value for value in self.where.values() if value is not None]
        for condition, more in self.conditions:
            conditions.append(condition)
            values += more
        return statement + (f" WHERE {' AND '.join(conditions)}" if conditions else ""), values


Side = ParquetFile | WarehouseTable


def _quoted(name: str) -> str:
    """A name as the warehouse has it, in a statement with parameters: a percent sign in it is none."""
    return connections[ALIAS].ops.quote_name(name).replace("%", "%%")


def _parquet_types(path: Path, field: str) -> dict[str, str]:
    """The columns with their types in DuckDB's words."""
    try:
        with duckdb.connect() as database:
            rows = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise InvalidParameters(f"{field}: it is no Parquet file that can be read", field=field) from error
    return {name: kind for name, kind, *_ in rows}


def _table_types(table: str, field: str) -> dict[str, str]:
    """The columns with their types as the database declares them."""
    connection = connections[ALIAS]
    with connection.cursor() as cursor:
        # A partition (p) is a part of the table that is offered.
        present = {info.name for info in connection.introspection.get_table_list(cursor) if info.type != "p"}
        # Concord's own rows about calls and releases are no property data.
        offered = sorted(present - set(connection.introspection.django_table_names()) - {"django_migrations"})
        if table not in offered:
            message = f"{field}.table: the warehouse has no data table {table!r}; there are {', '.join(offered)}"
            raise InvalidParameters(message, field=f"{field}.table")
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
                [table],
            )
        else:
            cursor.execute("SELECT name, type FROM pragma_table_info(%s)", [table])
        found = dict(cursor.fetchall())
    if not found:
        raise ActionError(f"{field}.table: the columns of {table} cannot be read", field=f"{field}.table")
    return found


def _sql_kind(declared: str, vendor: str) -> Kind:
    """The kind that a column's declared type means. SQLite keeps a boolean as a number."""
    word = declared.lower()
    if "bool" in word:
        return "boolean" if vendor == "postgresql" else "integer"
    if "int" in word and "interval" not in word and "point" not in word:
        return "integer"
    return "real" if any(part in word for part in ("double", "real", "float", "numeric", "decimal")) else "text"
