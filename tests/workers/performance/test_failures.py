"""What goes wrong around the actions of performance is a clear error, or a smaller answer that says what is missing."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import polars as pl
import pytest
from django.db import OperationalError
from pytest_django import Settings

from operations.models import Operation
from operations.performance import durations
from tests.make import make_operation
from tests.workers.faulty_server import Faulty, says, serving_badly
from tests.workers.performance.conftest import run
from tests.workers.performance.test_analyze_performance import make_past
from tests.workers.performance.test_track_completion import make_release
from tests.workers.trouble import answer, warehouse_away, without_table
from workers import databases, datasets, duck
from workers.contract import ActionError, TryLater
from workers.models import RegisteredWorker
from workers.performance import worker

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
    pytest.mark.usefixtures("place"),
]


def test_completion_without_its_table_says_what_makes_it(nobody: None) -> None:
    with without_table("workers_release"), pytest.raises(ActionError) as failure:
        run("track_completion")

    assert not isinstance(failure.value, TryLater)
    assert "workers_release" in str(failure.value)
    assert "manage.py migrate --database warehouse" in str(failure.value)


def test_a_missing_table_is_final_for_a_caller_over_http(nobody: None) -> None:
    side = {"table": "sales_of_2019"}

    status, body = answer(worker, "check_data_parity", {"left": side, "right": side})

    assert (status, body["retryable"], body["field"]) == (422, False, "left.table")
    assert "the warehouse has no data table 'sales_of_2019'; there are nal, nal_current" in body["error"]


@pytest.mark.parametrize("after", [0, 2])
def test_parity_while_the_warehouse_goes_away_is_worth_another_try(after: int) -> None:
    with warehouse_away(after), pytest.raises(TryLater, match="the warehouse cannot be used now: server closed"):
        run("check_data_parity", left={"table": "nal"}, right={"table": "nal"})


def test_completion_while_the_warehouse_is_away_is_worth_another_try(nobody: None) -> None:
    with warehouse_away(), pytest.raises(TryLater, match="the warehouse cannot be used now: server closed"):
        run("track_completion")


def test_without_the_warehouse_the_analysis_says_so_and_tells_the_rest(
    concord: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_past(3, days_ago=0.1, step_seconds=1)

    real = databases.slowest

    def slowest(connection: Any, most: int) -> Any:
        if connection.alias == "warehouse":
            raise OperationalError("connection refused\nIs the server running?")
        return real(connection, most)

    monkeypatch.setattr(databases, "slowest", slowest)

    analysis = run("analyze_performance")

    assert analysis["slow_statements"]["warehouse"]["reason"] == "The warehouse does not answer: connection refused"
    assert analysis["operations"][0]["count"] == 3


@pytest.fixture
def sick(settings: Settings) -> Iterator[Faulty]:
    """A Concord that answers everything as the test says."""
    with serving_badly(b"", says(503)) as faulty:
        settings.CONCORD_URL = faulty.url.rsplit("/", 1)[0]
        yield faulty


@pytest.mark.parametrize(
    ("status", "body", "may_try_again", "words"),
    [
        (503, b'{"detail": "the database does not answer"}', True, "cannot answer /performance/durations now: the d"),
        (502, b"<html>Bad Gateway</html>", True, "cannot answer /performance/durations now: <html>Bad Gateway</html>"),
        (500, b"", False, "answered /performance/durations with 500: no reason was given"),
    ],
)
def test_what_a_sick_concord_says_is_told(
    sick: Faulty, status: int, body: bytes, may_try_again: bool, words: str
) -> None:
    sick.answers = [says(status, body)]

    with pytest.raises(ActionError) as failure:
        run("analyze_performance")

    assert isinstance(failure.value, TryLater) is may_try_again
    assert words in str(failure.value)


def test_a_concord_without_its_database_makes_its_parts_unknown_and_itself_critical(sick: Faulty) -> None:
    sick.answers = [says(503, b'{"status": "unhealthy", "database_connected": false}')]

    health = run("monitor_health")

    found = {part["name"]: part for part in health["components"]}
    assert (found["database"]["status"], found["database"]["words"]) == ("critical", "Concord cannot reach it")
    assert [found[name]["status"] for name in ("redis", "queue", "workers")] == ["unknown"] * 3


def test_of_many_workers_that_are_lost_each_is_named(concord: str) -> None:
    lost = [f"lost{number:02}" for number in range(60)]
    RegisteredWorker.objects.bulk_create(RegisteredWorker(name=name, url="http://127.0.0.1:1") for name in lost)

    [workers] = [part for part in run("monitor_health")["components"] if part["name"] == "workers"]

    assert (workers["status"], workers["figures"]["unhealthy"]) == ("critical", 60)
    assert workers["figures"]["not_answering"] == lost


def test_more_operations_than_are_looked_at_are_said_to_be_there(concord: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, "MOST_OPERATIONS", 5)
    make_past(8, days_ago=0.1, step_seconds=1)

    analysis = run("analyze_performance")

    assert (analysis["truncated"], analysis["operations"][0]["count"]) == (True, 5)
    assert "There were more operations than are looked at" in analysis["summary"][-1]


def test_more_loading_operations_than_are_told_are_said_to_be_there(
    concord: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("workers.performance.track_completion"), "MOST_OPERATIONS", 2)
    for _ in range(3):
        Operation.objects.filter(pk=make_operation().pk).update(status="executing")

    found = run("track_completion")

    assert len(found["under_way"]) == 2
    assert found["not_known"] == "There are more operations under way than these 2."


def test_ten_years_of_all_counties_are_one_short_answer(nobody: None) -> None:
    for county_no in (16, 26):
        for year in range(2016, 2026):
            make_release(county_no, year=year)

    found = run("track_completion", datasets=["NAL"], counties=[16, 26])

    assert found["summary"] == ["NAL 2025: 2 of 2 counties are loaded."]
    assert len(found["datasets"][0]["counties"]) == 2


def test_sides_that_do_not_fit_into_the_memory_are_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duck, "MEMORY", "1MB")
    rows = pl.DataFrame({"id": range(200_000), "note": [f"note {number}" for number in range(200_000)]})
    side = datasets.write(rows, "tests/large.parquet")

    with pytest.raises(ActionError, match="the comparison cannot be made: Out of Memory Error"):
        run("check_data_parity", left=side, right=side, key=["note"])
