"""A table of parcels in the warehouse, and rows that sync_live brings it in line with."""

import random
from typing import Any

import polars as pl
from django.db import connections

from workers import datasets
from workers.contract import Call
from workers.data_quality import worker

Json = dict[str, Any]

COLUMNS = {
    "co_no": "smallint",
    "parcel_id": "text",
    "jv": "bigint",
    "share": "double precision",
    "own_name": "text",
    "seen": "date",
}
DEFINITIONS = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
TABLE = f"CREATE TABLE parcels ({DEFINITIONS}, note text, PRIMARY KEY (co_no, parcel_id))"
SCHEMA = dict(zip(COLUMNS, (pl.Int64, pl.String, pl.Int64, pl.Float64, pl.String, pl.String), strict=True))
KEY = ["co_no", "parcel_id"]


def execute(statement: str, rows: Any = None) -> Any:
    with connections["warehouse"].cursor() as cursor:
        if rows is None:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
        return cursor.executemany(statement, rows)


def make_rows(count: int = 300, seed: int = 1) -> list[Json]:
    draw = random.Random(seed)
    return [
        {
            "co_no": 11 + number % 3,
            "parcel_id": f"{number:05}",
            "jv": draw.choice([None, 0, draw.randrange(10**10)]),
            "share": draw.choice([None, draw.random()]),
            "own_name": draw.choice([None, "", f"Owner {number}", 'a "quoted", name', "two\nlines", "\\N", "50 %s"]),
            "seen": draw.choice([None, f"2025-{1 + number % 12:02}-17"]),
        }
        for number in range(count)
    ]


def put(rows: list[Json], note: str = "kept") -> None:
    names = ", ".join([*COLUMNS, "note"])
    places = ", ".join(["%s"] * (len(COLUMNS) + 1))
    execute(f"INSERT INTO parcels ({names}) VALUES ({places})", [[*row.values(), note] for row in rows])


def held(condition: str = "1 = 1") -> list[tuple[Any, ...]]:
    rows = execute(f"SELECT {', '.join(COLUMNS)} FROM parcels WHERE {condition} ORDER BY co_no, parcel_id")
    return [(*row[:-1], str(row[-1]) if row[-1] else None) for row in rows]


def ordered(rows: list[Json]) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in rows), key=lambda row: row[:2])


def source(rows: list[Json]) -> Json:
    frame = pl.DataFrame(rows, SCHEMA).rename(str.upper)
    return dict(datasets.write(frame, f"tests/{random.randrange(10**9)}.parquet"))


def run(rows: list[Json] | Json, call: Call | None = None, **parameters: Any) -> Json:
    given = rows if isinstance(rows, dict) else source(rows)
    return worker.actions["sync_live"].run(
        call or Call(), {"source": given, "target": {"table": "parcels"}, "key": KEY, **parameters}
    )


def edited(rows: list[Json], seed: int) -> list[Json]:
    """The rows with some gone, some others, and some with other cells."""
    draw = random.Random(seed)
    kept = [dict(row) for row in rows if draw.random() > 0.1]
    for row in kept:
        if draw.random() < 0.2:
            name = draw.choice(["jv", "share", "own_name", "seen"])
            row[name] = draw.choice([None, {"jv": 7, "share": 0.5, "own_name": "", "seen": "2024-02-29"}[name]])
    return kept + make_rows(len(rows) + 25, seed)[len(rows) :]
