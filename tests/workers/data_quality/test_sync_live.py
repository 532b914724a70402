"""sync_live: a table gets exactly the rows of another store, all or nothing, and only as it was announced."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from django.db import connections

from operations.approval import needed
from tests import postgres
from tests.workers.rolls import make_processed
from tests.workers.test_upload import connection_parameters, wait_until_alone
from workers import datasets
from workers.contract import ActionError, Call, Cancelled, InvalidParameters, TryLater
from workers.data_quality import worker
from workers.data_quality.syncing import applying, staging
from workers.florida_data.upload import upload

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place", "parcels"),
]
PROJECT = Path(__file__).resolve().parents[3]
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


@pytest.fixture
def parcels(transactional_db: None) -> Iterator[None]:
    """An empty table in the warehouse."""
    execute("DROP TABLE IF EXISTS parcels")
    execute(TABLE)
    yield
    execute("DROP TABLE IF EXISTS parcels")


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


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("delete", [True, False])
def test_random_edits_are_told_and_made_as_a_plain_comparison_would(
    seed: int, delete: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH_ROWS", 100)
    monkeypatch.setattr(applying, "BATCH_ROWS", dict.fromkeys(applying.BATCH_ROWS, 7))
    before = make_rows()
    after = edited(before, seed)
    put(before)
    old, new = ({(row["co_no"], row["parcel_id"]): row for row in rows} for rows in (before, after))
    inserts = [key for key in new if key not in old]
    updates = [key for key in new if key in old and old[key] != new[key]]
    lonely = [key for key in old if key not in new]

    plan = run(after, delete=delete, partition="co_no")
    assert held() == ordered(before)
    assert (plan["inserts"], plan["updates"], plan["only_in_target"]) == (len(inserts), len(updates), len(lonely))
    assert plan["deletes"] == (len(lonely) if delete else 0)
    counts = {name: sum(old[key][name] != new[key][name] for key in updates) for name in COLUMNS}
    assert plan["by_column"] == {name: count for name, count in counts.items() if count}
    for part in plan["partitions"]:
        county = int(part["partition"])
        assert part["inserts"] == sum(key[0] == county for key in inserts)
        assert part["updates"] == sum(key[0] == county for key in updates)
        assert part["deletes"] == (sum(key[0] == county for key in lonely) if delete else 0)

    done = run(after, delete=delete, mode="apply", expected=plan["digest"])
    assert done["applied"] is True
    assert {name: done[name] for name in ("inserts", "updates", "deletes", "digest")} == {
        name: plan[name] for name in ("inserts", "updates", "deletes", "digest")
    }
    assert held() == ordered(after + ([] if delete else [old[key] for key in lonely]))
    assert execute("SELECT count(*) FROM parcels WHERE note IS NULL") == [(len(inserts),)]

    again = run(after, delete=delete, mode="apply", expected=plan["digest"])
    assert (again["applied"], again["in_line"], again["updates"]) == (False, True, 0)


def test_examples_are_few_and_without_names() -> None:
    before = make_rows(20)
    put(before)
    after = [row | {"own_name": "Somebody Else", "jv": 5} for row in before[1:]] + [before[0] | {"parcel_id": "new"}]

    plan = run(after, delete=True, examples=2)

    assert [one["what"] for one in plan["examples"]] == ["delete", "update", "update", "insert"]
    assert plan["examples"][1]["cells"]["own_name"][1] == "(13 characters)"
    assert plan["examples"][1]["cells"]["jv"][1] == 5
    assert plan["examples"][-1]["key"] == {"co_no": 11, "parcel_id": "new"}


def test_only_the_named_columns_change() -> None:
    before = make_rows(20)
    put(before)
    run([row | {"own_name": "other", "jv": 5} for row in before], columns=["JV"], mode="apply")

    assert held() == ordered([row | {"jv": 5} for row in before])
    assert execute("SELECT DISTINCT note FROM parcels") == [("kept",)]


def test_rows_outside_of_where_are_neither_compared_nor_deleted() -> None:
    before = make_rows(30)
    put(before)
    target = {"table": "parcels", "where": {"co_no": 11, "note": "kept"}}

    done = run([row for row in make_rows(60)[30:] if row["co_no"] == 11], target=target, delete=True, mode="apply")

    assert (done["inserts"], done["deletes"], done["rows_target"]) == (10, 10, 10)
    assert held("co_no <> 11") == ordered([row for row in before if row["co_no"] != 11])
    assert execute("SELECT DISTINCT note FROM parcels") == [("kept",)]
    with pytest.raises(InvalidParameters, match=r"10 rows have another co_no than target.where says \(11\)"):
        run([row for row in before if row["co_no"] == 12], target=target)


def test_a_table_can_be_the_source() -> None:
    processed = make_processed()
    upload.run(Call(), {"processed": processed})
    execute("DROP TABLE IF EXISTS live_sales")
    execute("CREATE TABLE live_sales AS SELECT * FROM sdf_current LIMIT 3")
    execute("ALTER TABLE live_sales DROP COLUMN release_id")
    of_county = {"table": "sdf_current", "where": {"co_no": processed["county_no"]}}
    try:
        run(of_county, target={"table": "live_sales"}, key=["parcel_id", "sale_id_cd"], mode="apply")
        names = ", ".join(name.lower() for name in datasets.read(processed["dataset"]).columns)
        assert sorted(execute(f"SELECT {names} FROM live_sales"), key=repr) == sorted(
            execute(f"SELECT {names} FROM sdf_current"), key=repr
        )
    finally:
        execute("DROP TABLE live_sales")


def test_the_digest_of_another_plan_is_refused() -> None:
    before = make_rows(20)
    put(before)
    after = [row | {"jv": 5} for row in before]
    seen = run(after)["digest"]
    execute("UPDATE parcels SET own_name = 'moved' WHERE parcel_id = '00003'")
    moved = held()

    with pytest.raises(
        ActionError, match=r"the stores have moved since that plan was made\. Now it would be: In parcels"
    ):
        run(after, mode="apply", expected=seen)
    assert held() == moved
    assert run(after, mode="apply", expected=run(after)["digest"])["applied"] is True


def test_a_source_without_rows_is_told_and_empties_the_table_only_on_demand() -> None:
    put(make_rows(20))

    assert run([], mode="apply")["in_line"] is True
    assert run([], delete=True)["deletes"] == 20
    assert run([], delete=True, mode="apply")["words"] == ("In parcels 0 rows were inserted, 0 updated and 20 deleted.")
    assert held() == []
    assert run([], delete=True)["in_line"] is True


def test_numbers_and_dates_of_other_types_are_the_same_values() -> None:
    rows = make_rows(40)
    put(rows)
    frame = datasets.read(source(rows)).with_columns(
        pl.col("CO_NO").cast(pl.Float64), pl.col("JV").cast(pl.String), pl.col("SEEN").str.to_date()
    )

    assert run(dict(datasets.write(frame, "tests/other.parquet")))["in_line"] is True


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("JV", ["1.5", "1"], r"jv of parcels is integer, and cannot be '1.5'"),
        ("JV", [1.5, 1.0], r"jv of parcels is integer, and cannot be 1.5"),
        ("SHARE", ["much", None], r"share of parcels is real, and cannot be 'much'"),
    ],
)
def test_a_value_that_its_column_cannot_have_is_named(column: str, values: list[Any], said: str) -> None:
    frame = datasets.read(source(make_rows(2))).with_columns(pl.Series(column, values))

    with pytest.raises(InvalidParameters, match=said):
        run(dict(datasets.write(frame, "tests/wrong.parquet")), mode="apply")
    assert held() == []


def test_a_date_that_is_none_is_refused_by_postgresql() -> None:
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("SQLite has no dates")
    with pytest.raises(InvalidParameters, match="source: invalid input syntax for type date, in a column of parcels"):
        run([make_rows(1)[0] | {"seen": "soon"}])


def test_a_key_that_does_not_name_a_row_is_refused() -> None:
    rows = make_rows(6)
    put(rows)

    with pytest.raises(InvalidParameters, match=r"key: 3 keys are there more than once in the source, such as .*11"):
        run(rows, key=["co_no"])
    with pytest.raises(InvalidParameters, match="key: 3 keys are there more than once in the target"):
        run(rows[:3], key=["co_no"])
    with pytest.raises(InvalidParameters, match="key: 1 rows of the source have no value in co_no or parcel_id"):
        run([*rows, rows[0] | {"parcel_id": None}])
    with pytest.raises(InvalidParameters, match="key: the target has no column 'folio'"):
        run(rows, key=["folio"])
    with pytest.raises(InvalidParameters, match="columns: the source has no column 'note'"):
        run(rows, columns=["note"])


def test_a_target_whose_key_no_index_has_is_brought_in_line_too() -> None:
    execute("DROP TABLE parcels")
    execute(TABLE.replace(", PRIMARY KEY (co_no, parcel_id)", ""))
    before = make_rows(50)
    put(before)

    assert run(edited(before, 9), mode="apply", delete=True)["applied"] is True
    assert held() == ordered(edited(before, 9))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("workers_release", "the warehouse has no data table 'workers_release'"),
        ("django_migrations", "the warehouse has no data table 'django_migrations'"),
        ("sdf", "the rows of sdf come and go by release"),
        ("sdf_current", "the rows of sdf_current come and go by release"),
        ("parcels_11", "parcels_11 is a view and has no rows of its own"),
    ],
)
def test_tables_that_are_not_to_be_written_are_refused(table: str, said: str) -> None:
    execute("CREATE VIEW parcels_11 AS SELECT * FROM parcels WHERE co_no = 11")
    try:
        with pytest.raises(InvalidParameters, match=said) as refusal:
            run(make_rows(1), target={"table": table})
        assert refusal.value.field == "target.table"
    finally:
        execute("DROP VIEW parcels_11")


def test_a_row_that_the_table_refuses_leaves_all_as_it_was() -> None:
    execute("CREATE UNIQUE INDEX one_share ON parcels (share)")
    before = [row | {"share": None} for row in make_rows(9)]
    put(before)

    with pytest.raises(ActionError, match=r"parcels: .*nothing was changed"):
        run([row | {"share": 0.5, "jv": 1} for row in before], mode="apply")
    assert held() == ordered(before)


def test_a_withdrawn_call_leaves_all_as_it_was_and_the_next_one_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "BATCH_ROWS", dict.fromkeys(applying.BATCH_ROWS, 5))
    withdrawn = Call()

    def report(done: int, total: int | None, message: str) -> None:
        if done and "update" in message:
            withdrawn.cancelled.set()

    withdrawn.report = report
    before = make_rows(40)
    put(before)
    after = [row | {"jv": 5} for row in before]

    with pytest.raises(Cancelled):
        run(after, withdrawn, mode="apply")
    assert held() == ordered(before)
    assert run(after, mode="apply")["applied"] is True
    assert held() == ordered(after)


def test_two_replicas_at_once_change_each_row_once() -> None:
    before = make_rows(200)
    put(before)
    given = source(after := edited(before, 4))
    seen = run(given, delete=True)["digest"]
    results: list[Json] = []

    def replica() -> None:
        try:
            results.append(run(given, delete=True, mode="apply", expected=seen))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=replica) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(result["applied"] for result in results) == [False, False, True]
    assert held() == ordered(after)


def test_while_somebody_else_writes_it_may_be_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("on SQLite every writer waits for every other")
    monkeypatch.setattr(applying, "LOCK_SECONDS", 0.1)
    put(rows := make_rows(3))
    other = connections["warehouse"].copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("UPDATE parcels SET jv = 1")
        with pytest.raises(TryLater, match="lock timeout"):
            run(rows, mode="apply")
    finally:
        other.rollback()
        other.close()


def test_a_plan_needs_nobody_and_a_change_waits_for_a_person() -> None:
    manifest = {one["name"]: one for one in worker.manifest()["actions"]}["sync_live"]
    arguments = {"source": {"table": "a"}, "target": {"table": "b"}, "key": ["id"]}

    assert needed(manifest, arguments) is False
    assert needed(manifest, arguments | {"mode": "plan"}) is False
    assert needed(manifest, arguments | {"mode": "apply"}) is True


SYNC = """
import django, json, sys, time
django.setup()
from workers.contract import Call
from workers.data_quality import worker
from workers.data_quality.syncing import applying

applying.BATCH_ROWS = dict.fromkeys(applying.BATCH_ROWS, 10)

def report(done, total, message):
    if "rows of parcels" in message and done >= 30:
        print(done, flush=True)
        time.sleep(60 if sys.argv[1] == "hang" else 0)

print(json.dumps(worker.actions["sync_live"].run(Call(report=report), json.loads(sys.argv[2]))))
"""
MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", database="warehouse", verbosity=0, skip_checks=True)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a warehouse of its own, whichever database the other tests run on."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'killed.sqlite3'}"
        return
    if not postgres.available():
        pytest.skip("PostgreSQL is not installed")
    with postgres.running() as url:
        yield url


@contextmanager
def connected(url: str) -> Iterator[Any]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as database:
            yield database
        return
    with psycopg.connect(**connection_parameters(url), autocommit=True) as database:
        yield database


@pytest.mark.postgres
def test_a_killed_synchronization_leaves_the_target_as_it_was_and_the_next_one_does_it_once(
    warehouse: str, place: Path
) -> None:
    environment = os.environ | {
        "WAREHOUSE_URL": warehouse, "DATA_URL": f"file://{place / 'data'}", "CONCORD_VAR": str(place),
        "DJANGO_SETTINGS_MODULE": "concord.settings",
    }  # fmt: skip
    child = partial(subprocess.run, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True)
    child([sys.executable, "-c", MIGRATE])
    given = {
        "source": source([row | {"jv": 5} for row in make_rows(100)]),
        "target": {"table": "parcels"}, "key": KEY, "mode": "apply", "delete": True,
    }  # fmt: skip
    arguments = json.dumps(given)
    with connected(warehouse) as database:
        database.execute(TABLE)
        for number in range(50, 120):
            database.execute(f"INSERT INTO parcels (co_no, parcel_id, jv) VALUES ({11 + number % 3}, '{number:05}', 1)")
        rows = "SELECT co_no, parcel_id, jv FROM parcels ORDER BY co_no, parcel_id"
        before = database.execute(rows).fetchall()
        command = [sys.executable, "-c", SYNC, "hang", arguments]
        with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE) as changing:
            assert changing.stdout
            assert changing.stdout.readline() == b"30\n"
            changing.send_signal(signal.SIGKILL)
        if not warehouse.startswith("sqlite"):
            wait_until_alone(database)
        left = database.execute(rows).fetchall()
        results = [
            json.loads(child([sys.executable, "-c", SYNC, "go", arguments]).stdout.splitlines()[-1]) for _ in "12"
        ]
        after = database.execute(rows).fetchall()

    assert left == before
    assert [(one["applied"], one["inserts"], one["updates"], one["deletes"]) for one in results] == [
        (True, 50, 50, 20), (False, 0, 0, 0),
    ]  # fmt: skip
    assert after == sorted((11 + number % 3, f"{number:05}", 5) for number in range(100))
