"""What a database tells of itself, on a real PostgreSQL with its statistics of statements, and without them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dj_database_url
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from tests import postgres
from workers import databases

pytestmark = pytest.mark.django_db
needs_postgresql = pytest.mark.skipif(not postgres.available(), reason="there is no PostgreSQL to start")


@contextmanager
def connected(options: str = "") -> Iterator[BaseDatabaseWrapper]:
    """A connection to a server of the test's own that was started with these options."""
    with postgres.running(options) as url:
        config: Any = dj_database_url.parse(url)
        wrapper = ConnectionHandler({"default": config})["default"]
        try:
            yield wrapper
        finally:
            wrapper.close()


def run(wrapper: BaseDatabaseWrapper, statement: str) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.postgres
@needs_postgresql
def test_the_statements_that_took_most_time_come_first_and_show_no_values() -> None:
    with connected("-c shared_preload_libraries=pg_stat_statements") as wrapper:
        run(wrapper, "CREATE EXTENSION pg_stat_statements")
        run(wrapper, "SELECT pg_sleep(0.2), 'secret' AS word")
        for _ in range(3):
            run(wrapper, "SELECT 42 AS answer")

        found = databases.slowest(wrapper, 2)

    assert found["reason"] == ""
    assert len(found["statements"]) == 2
    slow = found["statements"][0]
    assert (slow["statement"], slow["calls"]) == ("SELECT pg_sleep($1), $2 AS word", 1)
    assert slow["total_ms"] >= 200
    assert slow["mean_ms"] == slow["max_ms"] == slow["total_ms"]


@pytest.mark.postgres
@needs_postgresql
def test_without_the_extension_it_says_what_to_do() -> None:
    with connected() as wrapper:
        missing = databases.slowest(wrapper, 5)
        run(wrapper, "CREATE EXTENSION pg_stat_statements")
        not_loaded = databases.slowest(wrapper, 5)
        figures = databases.figures(wrapper)

    assert "CREATE EXTENSION pg_stat_statements" in missing["reason"]
    assert "shared_preload_libraries" in not_loaded["reason"]
    assert (missing["statements"], not_loaded["statements"]) == ([], [])
    assert figures["connections"] >= 1
    assert figures["max_connections"] == 200
    assert figures["size_bytes"] > 1_000_000


def test_every_database_tells_its_latency_and_size() -> None:
    figures = databases.figures(connection)

    assert figures["latency_ms"] > 0
    assert figures["size_bytes"] > 0
