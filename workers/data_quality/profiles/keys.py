"""Finds what names a row: single columns and pairs of columns without a null or blank, whose values never repeat.

What is told is proven on all rows. A pair is only looked at if it could have enough values, and most are dropped at the
sight of the first rows; of those that remain the likeliest are proven, up to a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import duckdb

from workers.contract import Call
from workers.data_quality.profiles.cells import Column
from workers.duck import listed

DOUBTFUL = 0.8  # the estimate of distinct values may be this far below their number
FIRST_ROWS = 20_000
MOST_LOOKED_AT = 3_000  # pairs
MOST_PROVEN = 20
AT_ONCE = 50


@dataclass(frozen=True)
class Keys:
    """The keys; and how many pairs could be one and were not looked into, being less likely."""

    found: list[list[str]]
    pairs_left: int


def find(
    call: Call, connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], distinct: Mapping[str, int], rows: int
) -> Keys:
    """The keys of ``all_rows``. ``distinct``: about how many values each column has there, if it has no gap."""
    whole = [column for column in columns if column.name in distinct and column.sort != "real"]
    single = [
        [column.name]
        for column in whole
        if distinct[column.name] >= DOUBTFUL * rows and _is_unique(call, connection, [column.name])
    ]
    names = [column.name for column in whole if [column.name] not in single and distinct[column.name] > 1]
    likely = sorted(_pairs(names, distinct, rows), key=lambda pair: -distinct[pair[0]] * distinct[pair[1]])
    remaining = list(_still_unique(call, connection, likely[:MOST_LOOKED_AT]))
    pairs = [pair for pair in remaining[:MOST_PROVEN] if _is_unique(call, connection, pair)]
    left = max(0, len(likely) - MOST_LOOKED_AT) + max(0, len(remaining) - MOST_PROVEN)
    return Keys(single + pairs, left)


def _pairs(names: Sequence[str], distinct: Mapping[str, int], rows: int) -> Iterator[list[str]]:
    for one, other in combinations(names, 2):
        if distinct[one] * distinct[other] >= DOUBTFUL * DOUBTFUL * rows:
            yield [one, other]


def _still_unique(call: Call, connection: duckdb.DuckDBPyConnection, pairs: list[list[str]]) -> Iterator[list[str]]:
    """Those that do not repeat in the first rows."""
    if not pairs:
        return
    cells = listed(sorted({name for pair in pairs for name in pair}))
    connection.execute(f"CREATE TABLE first_rows AS SELECT {cells} FROM all_rows LIMIT {FIRST_ROWS}")
    for start in range(0, len(pairs), AT_ONCE):
        call.progress(start, len(pairs), "looking for keys of two columns")
        some = pairs[start : start + AT_ONCE]
        counts = ", ".join(f"count(DISTINCT hash({listed(pair)}))" for pair in some)
        [(total, *found)] = connection.execute(f"SELECT count(*), {counts} FROM first_rows").fetchall()
        yield from (pair for pair, count in zip(some, found, strict=True) if count == total)


def _is_unique(call: Call, connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> bool:
    call.progress(0, None, f"looking whether {', '.join(names)} names a row")
    cells = listed(names)
    repeated = f"SELECT 1 FROM all_rows GROUP BY {cells} HAVING count(*) > 1 LIMIT 1"
    return not connection.execute(repeated).fetchall()
