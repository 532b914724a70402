"""The engine's most frequent writes, as SQL: the ORM took three quarters of their time to build it.

Names come from the models' columns, everything else is a parameter.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connections, models

HELD = 'EXISTS (SELECT 1 FROM "operations_operation" WHERE "id" = %s AND "fence" = %s)'
WRITE_STEP = f'UPDATE "operations_step" SET {{}} WHERE "id" = %s AND {HELD} RETURNING "id"'
PUT_STEPS = 'INSERT INTO "operations_step" ({}) {} RETURNING "id"'
# On PostgreSQL a change and the lines of history that record it are one statement: three round trips fewer.
BEGIN = """
    WITH moved AS (INSERT INTO "operations_operation" ({}) VALUES ({}) RETURNING 1),
        audited AS (INSERT INTO "audit_entry" ({}) VALUES ({}))
    INSERT INTO "operations_event" ({}) {}
"""
MOVE = """
    WITH moved AS (UPDATE "operations_operation" SET {} WHERE {} RETURNING 1)
    INSERT INTO "operations_event" ({}) {}
"""
# A result that a crash of the database's machine forgets is asked for again, with the same key. The moves that come
# after it wait for the disk as ever, and with that for all that was written before them.
SOON = {"postgresql": " AND set_config('synchronous_commit', 'off', true) IS NOT NULL"}


def assignments(
    model: type[models.Model], fields: Mapping[str, Any], between: str, using: str
) -> tuple[str, list[Any]]:
    """``"a" = %s, "b" = %s`` for ``fields`` (with ", " between them), and the values as the database takes them."""
    written: list[Any] = [model._meta.get_field(name) for name in fields]
    values = [field.get_db_prep_save(_plain(fields[field.name]), connections[using]) for field in written]
    return between.join(f'"{field.column}" = %s' for field in written), values


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


@cache
def columns(model: type[models.Model]) -> list[Any]:
    """The fields that have a column, without an automatic key."""
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]


def names(model: type[models.Model]) -> str:
    """The columns of an INSERT."""
    return ", ".join(f'"{field.column}"' for field in columns(model))


def lines(model: type[models.Model], number: int, if_: str, using: str) -> str:
    """``number`` rows of parameters for an INSERT, each there only as far as ``if_`` (a FROM or a WHERE) lets it be."""
    return " UNION ALL ".join([f"SELECT {_marks(model, using)} {if_}"] * number)


@cache
def _marks(model: type[models.Model], using: str) -> str:
    connection = connections[using]
    if connection.vendor != "postgresql":
        return ", ".join("%s" for _ in columns(model))
    # Side by side in a UNION it takes parameters for text unless it is told. A length would cut in silence.
    types = [field.rel_db_type(connection).partition("(")[0] for field in columns(model)]
    return ", ".join(f"%s::{kind}" for kind in types)


def values(row: models.Model, using: str) -> list[Any]:
    """What a row has in `columns`, as the database takes it."""
    connection = connections[using]
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in columns(type(row))]


def insert_values(rows: Sequence[models.Model], after_each: Sequence[Any], using: str) -> list[Any]:
    """The parameters of `lines`: those of each row, and ``after_each`` for its condition."""
    return [value for row in rows for value in (*values(row, using), *after_each)]


def begin(operation: models.Model, entry: models.Model, event: models.Model, using: str) -> None:
    """Insert an operation, its entry in the audit trail and the first line of its history. PostgreSQL only."""
    statement = _begin(type(operation), type(entry), type(event), using)
    rows = (operation, entry, event)
    with connections[using].cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in values(row, using)])


@cache
def _begin(operation: type[models.Model], entry: type[models.Model], event: type[models.Model], using: str) -> str:
    first = lines(event, 1, "FROM moved", using)
    inserted = [
        part for model in (operation, entry) for part in (names(model), ", ".join("%s" for _ in columns(model)))
    ]
    return BEGIN.format(*inserted, names(event), first)


def move(
    operation: models.Model,
    fields: Mapping[str, Any],
    held: Mapping[str, Any],
    events: Sequence[models.Model],
    using: str,
) -> bool:
    """Set ``fields`` of a row that is as ``held`` says, and insert ``events``; False if it is not. PostgreSQL only."""
    assigned, given = assignments(type(operation), fields, ", ", using)
    condition, holds = assignments(type(operation), {"id": operation.pk, **held}, " AND ", using)
    rows = lines(type(events[0]), len(events), "FROM moved", using)
    with connections[using].cursor() as cursor:
        statement = MOVE.format(assigned, condition, names(type(events[0])), rows)
        cursor.execute(statement, [*given, *holds, *insert_values(events, (), using)])
        return cursor.rowcount > 0
