"""The table that is brought in line: whether it may be written, its columns, and the SQL that names them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

from workers.contract import InvalidParameters
from workers.stores import Kinds, Table, WarehouseTable
from workers.warehouse import ALIAS
from workers.warehouse.models import Release

STAGED, CHANGES = "sync_staged", "sync_changes"


@dataclass(frozen=True)
class Target:
    """A table, the rows of it that count (``where``), and the columns: those of the key and those kept in line."""

    table: str
    kinds: Kinds
    key: Sequence[str]
    others: Sequence[str]
    where: dict[str, str | int | None] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        return [*self.key, *self.others]

    @property
    def constants(self) -> dict[str, str | int | None]:
        """Columns that only ``where`` names: a new row has their values."""
        return {name: value for name, value in self.where.items() if name not in self.columns}

    @property
    def rows(self) -> str:
        """The rows that count, as a table of a FROM clause; its parameters are `parameters`."""
        condition = " AND ".join(self.terms())
        return f"(SELECT * FROM {quoted(self.table)} WHERE {condition or '1 = 1'})"

    def terms(self, table: str = "") -> list[str]:
        """What has to hold of a row that counts, as SQL; ``table`` is put before each column."""
        pairs = [(f"{table}{quoted(name)}", value) for name, value in self.where.items()]
        return [f"{name} IS NULL" if value is None else f"{name} = %s" for name, value in pairs]

    @property
    def parameters(self) -> list[str | int]:
        return [value for value in self.where.values() if value is not None]

    def same_key(self, one: str, other: str) -> str:
        return " AND ".join(f"{one}.{quoted(name)} = {other}.{quoted(name)}" for name in self.key)


def find(table: Table, key: Sequence[str], columns: Sequence[str], offered: Kinds) -> Target:
    """The target with these columns, or with all that the source offers too. Names match whatever their case.

    Raises `InvalidParameters` for a table that may not be written, and for a column that a side does not have.
    """
    store = WarehouseTable(table, "target")
    _check_may_be_written(store)
    own = {name.lower(): name for name in store.kinds}
    shared = [name for name in own if name in offered]
    for field_name, names in (("key", key), ("columns", columns)):
        for name in names:
            _check_has(name.lower(), field_name, own, offered)
    wanted = {name.lower() for name in columns} or set(shared)
    of_key = [name.lower() for name in dict.fromkeys(key)]
    others = [own[name] for name in shared if name in wanted and name not in of_key]
    return Target(store.table, store.kinds, [own[name] for name in of_key], others, dict(store.where))


def _check_has(name: str, field_name: str, own: dict[str, str], offered: Kinds) -> None:
    for side, there in (("target", own), ("source", offered)):
        if name not in there:
            message = f"{field_name}: the {side} has no column {name!r}; there are {', '.join(there)}"
            raise InvalidParameters(message, field=field_name)


def _check_may_be_written(store: WarehouseTable) -> None:
    connection = connections[ALIAS]
    with connection.cursor() as cursor:
        kinds = {info.name: info.type for info in connection.introspection.get_table_list(cursor)}
    if "release_id" in store.kinds or Release.objects.filter(table=store.table).exists():
        message = (
            f"target.table: the rows of {store.table} come and go by release, whole files that are counted and"
            " verified; load a roll with florida_data's process and upload instead"
        )
        raise InvalidParameters(message, field="target.table")
    if kinds[store.table] == "v":
        message = f"target.table: {store.table} is a view and has no rows of its own; name the table beneath it"
        raise InvalidParameters(message, field="target.table")


def quoted(name: str) -> str:
    """The name as the warehouse's SQL has it; a percent sign is no parameter."""
    return connections[ALIAS].ops.quote_name(name).replace("%", "%%")


def listed(names: Sequence[str], table: str = "") -> str:
    """The names as a list in SQL, each of ``table`` if one is given."""
    return ", ".join(f"{table}.{quoted(name)}" if table else quoted(name) for name in names)


def asked(statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a small answer."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return cursor.fetchall()


def done(statement: str, parameters: Sequence[Any] = ()) -> int:
    """Run a statement, and tell how many rows it changed."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return cursor.rowcount


def create(table: str, query: str, parameters: Sequence[Any] = ()) -> None:
    """Make a temporary table of a query's rows."""
    ends = " ON COMMIT DROP" if connections[ALIAS].vendor == "postgresql" else ""
    done(f"CREATE TEMPORARY TABLE {table}{ends} AS {query}", parameters)
