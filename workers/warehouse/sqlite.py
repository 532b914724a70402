"""Filling a table on SQLite: batches, each a short transaction, of rows nobody sees until the release is loaded."""

import polars as pl
from django.db import connections, transaction

from workers.contract import Call
from workers.warehouse import ALIAS
from workers.warehouse.batches import batches
from workers.warehouse.fills import Seen
from workers.warehouse.models import Release
from workers.warehouse.releases import count

# Small enough that another writer of the file waits for a fraction of a second.
BATCH_ROWS = 5_000


def fill(call: Call, release: Release, rows: pl.LazyFrame, total: int, seen: Seen) -> int:
    """Insert those of ``rows`` that are not there yet, and show them to ``seen``; returns how many there are then.

    A dataset never changes and its rows come in its order, so what an interrupted run left is its beginning.
    """
    connection = connections[ALIAS]
    quote = connection.ops.quote_name
    names = rows.collect_schema().names()
    insert = (
        f"INSERT INTO {quote(release.table)} (release_id, {', '.join(quote(name.lower()) for name in names)})"  # noqa: S608
        f" VALUES ({release.pk}, {', '.join(['%s'] * len(names))})"
    )
    done = count(release)
    with connection.cursor() as cursor:
        for frame in batches(rows, BATCH_ROWS, start=done):
            with transaction.atomic(using=ALIAS):
                cursor.executemany(insert, frame.rows())
            seen.see(frame)
            done += frame.height
            call.progress(done, total, f"loading {release.release}")
    return done


def clear(call: Call, release: Release) -> int:
    """Remove the release's rows; returns how many there were."""
    connection = connections[ALIAS]
    table = connection.ops.quote_name(release.table)
    some = f"SELECT rowid FROM {table} WHERE release_id = %s LIMIT {BATCH_ROWS}"  # noqa: S608
    total, done = count(release), 0
    with connection.cursor() as cursor:
        while done < total:
            with transaction.atomic(using=ALIAS):
                cursor.execute(f"DELETE FROM {table} WHERE rowid IN ({some})", [release.pk])  # noqa: S608
                done += cursor.rowcount
            call.progress(done, total, f"removing {release.release}")
    return done
