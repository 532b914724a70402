"""Puts the rows of a frame into a table, and asks for rows by the keys of a frame: PostgreSQL and SQLite alike."""

import io
import json
from collections.abc import Sequence
from typing import Any

import polars as pl
from django.db import connections

from workers.warehouse import ALIAS

_BETWEEN = "\x1f"  # a unit separator: no key contains it


def append(table: str, frame: pl.DataFrame) -> None:
    """Insert all rows of ``frame``, whose columns are the table's: by COPY where there is one."""
    if frame.is_empty():
        return
    connection = connections[ALIAS]
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, frame.columns))
    if connection.vendor == "postgresql":
        content = io.BytesIO()
        frame.write_csv(content, include_header=False)
        statement = f"COPY {quote(table)} ({names}) FROM STDIN (FORMAT csv)"
        # Django makes its own errors of those of execute(), not of those that come up while rows are sent.
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
            copy.write(content.getbuffer())
        return
    places = ", ".join(["%s"] * frame.width)
    dates = frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({places})", dates.rows())  # noqa: S608


def find(table: str, keys: pl.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """These columns of the rows whose key is in ``keys``, a frame of texts with the key's columns."""
    quote = connections[ALIAS].ops.quote_name
    names = ", ".join(f"held.{quote(name)}" for name in columns)
    wanted, parameters = _wanted(keys)
    same = " AND ".join(f"held.{quote(name)} = wanted.{quote(name)}" for name in keys.columns)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {wanted} JOIN {quote(table)} AS held ON {same}", parameters)  # noqa: S608
        return cursor.fetchall()


def delete(table: str, keys: pl.DataFrame) -> None:
    """Remove the rows whose key, or the beginning of it, is in ``keys``."""
    if keys.is_empty():
        return
    quote = connections[ALIAS].ops.quote_name
    names = ", ".join(map(quote, keys.columns))
    wanted, parameters = _wanted(keys)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {quote(table)} WHERE ({names}) IN (SELECT {names} FROM {wanted})",  # noqa: S608
            parameters,
        )


def _wanted(keys: pl.DataFrame) -> tuple[str, list[Any]]:
    """The keys as a table named ``wanted``, and its parameters."""
    connection = connections[ALIAS]
    quote = connection.ops.quote_name
    if connection.vendor == "postgresql":
        # One text instead of an array of many is what the driver is quick with. The first element is none of the keys.
        arrays = ", ".join([f"(string_to_array(%s, chr({ord(_BETWEEN)})))[2:]"] * keys.width)
        names = ", ".join(map(quote, keys.columns))
        return f"unnest({arrays}) AS wanted ({names})", [_BETWEEN.join(["", *keys[name]]) for name in keys.columns]
    parts = ", ".join(f"json_extract(value, '$[{at}]') AS {quote(name)}" for at, name in enumerate(keys.columns))
    return f"(SELECT {parts} FROM json_each(%s)) AS wanted", [json.dumps(keys.rows())]  # noqa: S608
