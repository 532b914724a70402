"""Reading the warehouse for a page: which releases count, the rows with one id in them, and never for long."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connections, transaction

from workers.florida_data.tables import TABLES
from workers.warehouse import ALIAS
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.tables import Table

Row = dict[str, Any]

SECONDS = 5.0
MOST_ROWS = 500
STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's machine: well under a millisecond
CANCELLED = "57014"  # PostgreSQL: the statement took longer than it may


class TookTooLong(Exception):
    """The warehouse would have needed more time than a page may take."""


@contextmanager
def limited() -> Iterator[None]:
    """Read within `SECONDS`, or raise `TookTooLong`."""
    connection = connections[ALIAS]
    connection.ensure_connection()
    limit = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    with limit(connection, SECONDS):
        yield


@contextmanager
def _on_postgresql(connection: Any, seconds: float) -> Iterator[None]:
    try:
        with transaction.atomic(using=ALIAS), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            yield
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == CANCELLED:
            raise TookTooLong from error
        raise


@contextmanager
def _on_sqlite(connection: Any, seconds: float) -> Iterator[None]:
    raw, until = connection.connection, time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error):
            raise TookTooLong from error
        raise
    finally:
        raw.set_progress_handler(None, 0)


def newest(file_type: str, county_no: int | None = None) -> list[Release]:
    """The current releases of each county's newest year, or of one county's."""
    current = Release.objects.filter(file_type=file_type, state=ReleaseState.LOADED).order_by("year")
    if county_no is not None:
        current = current.filter(county_no=county_no)
    return list({release.county_no: release for release in current}.values())


def key_of(table: Table) -> str:
    """The column that names a parcel or an account."""
    return table.key[1]


def rows_with(file_type: str, releases: Iterable[Release], ids: Iterable[str]) -> list[Row]:
    """The rows of these releases with one of the ``ids``, found by the table's key, each as a dictionary."""
    table, quote = TABLES[file_type], connections[ALIAS].ops.quote_name  # type: ignore[index]
    wanted = list(dict.fromkeys(ids))
    one = (
        f"SELECT * FROM {quote(table.name)} WHERE release_id = {{}} AND co_no = {{}}"  # noqa: S608
        f" AND {quote(key_of(table))} IN ({', '.join(['%s'] * len(wanted))})"
    )
    # A query for each release: the key serves each, and PostgreSQL looks into one partition.
    queries = [one.format(release.pk, release.county_no) for release in releases]
    if not queries:
        return []
    return fetched(f"{' UNION ALL '.join(queries)} LIMIT {MOST_ROWS}", wanted * len(queries))


def fetched(query: str, parameters: list[Any]) -> list[Row]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(query, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
