"""Filling a table on PostgreSQL: COPY into a table of the release's own, which then becomes a partition.

All of it happens in the transaction of the turn: a crash leaves nothing behind, and since the new table is the
transaction's own, COPY may write its rows frozen, which spares the server a later pass over them. Nor does it have to
look for changes later, since the rows of a release never change: what queries have to know of them is found out here.
"""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import polars as pl
from django.db import connections
from django.db.backends.utils import CursorWrapper

from workers.contract import Call
from workers.warehouse import ALIAS
from workers.warehouse.batches import BATCH_ROWS, batches
from workers.warehouse.fills import Seen
from workers.warehouse.models import Release

LOCK_SECONDS = 5  # that readers of the table may be kept waiting
COARSE = 10  # of PostgreSQL's usual 100: a sample of 3,000 rows tells how keys, names and addresses are spread
# From the catalogue: Django's introspection of a partitioned table reads all of its partitions.
INDEXES = "SELECT indisprimary, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass(quote_ident(%s))"
INDEXED = """
    SELECT DISTINCT attname FROM pg_index
    JOIN pg_attribute ON attrelid = indrelid AND attnum > 0
    LEFT JOIN pg_depend ON objid = indexrelid AND refobjid = indrelid AND refobjsubid = attnum
    WHERE indrelid = to_regclass(quote_ident(%s)) AND (attnum = ANY (indkey) OR refobjsubid IS NOT NULL)
"""


def fill(call: Call, release: Release, rows: pl.LazyFrame, total: int, seen: Seen) -> int:
    """Copy ``rows`` into a new partition of the release's table, and show them to ``seen``; returns how many it was."""
    connection = connections[ALIAS]
    quote = connection.ops.quote_name
    parent, partition = quote(release.table), quote(f"{release.table}_{release.pk}")
    names = ", ".join(quote(name.lower()) for name in rows.collect_schema().names())
    with connection.cursor() as cursor:
        # The constraint tells ATTACH that every row belongs there, so that it need not read them.
        cursor.execute(
            f"CREATE TABLE {partition} (LIKE {parent}, CHECK (release_id = {release.pk}))"
            " WITH (autovacuum_enabled = false)"
        )
        cursor.execute(f"ALTER TABLE {partition} ALTER COLUMN release_id SET DEFAULT {release.pk}")
        copy = f"COPY {partition} ({names}) FROM STDIN (FORMAT csv, FREEZE)"
        done = _copy(call, release, rows, total, copy, seen)
        # An index over all rows at once is cheaper than one that grows with each row; and ATTACH, for which loads of
        # the same table wait for each other, then finds its indexes made.
        for statement in _indexing(cursor, release.table, partition):
            cursor.execute(statement)
        cursor.execute(f"SET LOCAL default_statistics_target = {COARSE}")
        cursor.execute(f"ANALYZE {partition} ({', '.join(map(quote, _indexed(cursor, release.table)))})")
        cursor.execute(f"ALTER TABLE {parent} ATTACH PARTITION {partition} FOR VALUES IN ({release.pk})")
    return done


def clear(call: Call, release: Release) -> int:
    """Remove the release's partition, whether it is attached or not; returns how many rows it had.

    Raises Django's `OperationalError` where others use the table for longer than readers should be kept waiting.
    """
    connection = connections[ALIAS]
    partition = connection.ops.quote_name(f"{release.table}_{release.pk}")
    call.check()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [partition])
        if cursor.fetchone()[0]:
            return 0
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        cursor.execute(f"SELECT count(*) FROM {partition}")  # noqa: S608
        rows = int(cursor.fetchone()[0])
        cursor.execute(f"DROP TABLE {partition}")
    return rows


def _copy(call: Call, release: Release, rows: pl.LazyFrame, total: int, statement: str, seen: Seen) -> int:
    connection = connections[ALIAS]
    done = 0
    # Django makes its own errors of those of execute(), not of those that come up while rows are sent.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for count, content in _encoded(rows, seen):
            copy.write(content)
            done += count
            call.progress(done, total, f"loading {release.release}")
    return done


def _indexing(cursor: CursorWrapper, table: str, partition: str) -> list[str]:
    """The statements that give a partition the primary key and the indexes of its table."""
    cursor.execute(INDEXES, [table])
    statements = []
    for is_primary, definition in cursor.fetchall():
        how = definition.partition(" USING ")[2]
        statements.append(
            f"ALTER TABLE {partition} ADD PRIMARY KEY {how.partition(' ')[2]}"
            if is_primary
            else f"CREATE INDEX ON {partition} USING {how}"
        )
    return statements


def _indexed(cursor: CursorWrapper, table: str) -> list[str]:
    """The columns of the table's indexes: the statistics of the others would change no plan."""
    cursor.execute(INDEXED, [table])
    return [column for (column,) in cursor.fetchall()]


def _encoded(rows: pl.LazyFrame, seen: Seen) -> Iterator[tuple[int, bytes]]:
    """Batches as the CSV that COPY reads (a null is nothing, an empty text is ``""``), each made while one is sent."""
    frames = batches(rows, BATCH_ROWS)
    with ThreadPoolExecutor(max_workers=1) as executor:
        batch = executor.submit(_next_batch, frames, seen)
        while (made := batch.result()) is not None:
            batch = executor.submit(_next_batch, frames, seen)
            yield made


def _next_batch(frames: Iterator[pl.DataFrame], seen: Seen) -> tuple[int, bytes] | None:
    frame = next(frames, None)
    if frame is None:
        return None
    seen.see(frame)
    content = io.BytesIO()
    frame.write_csv(content, include_header=False)
    return frame.height, content.getvalue()
