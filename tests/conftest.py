"""Where the tests run: in a folder of their own, with a Redis of their own and nobody's settings.

`TEST_DATABASE=postgresql` gives them a PostgreSQL server of their own instead of SQLite.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

import django
import pytest
import redis
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.db import connections
from pytest_django import DjangoDbBlocker

from concord import redis_server
from tests import guards, postgres
from tests.accounts import accounts_agree

__all__ = ["accounts_agree"]

# Django reads its settings after this module, so that what is set here holds (which is why pyproject.toml does not
# name them). A person's own environment, which may point at production, does not reach the tests.
PERSONAL: tuple[str, ...] = (
    "CONCORD_",
    "DATABASE_",
    "WAREHOUSE_",
    "REDIS_",
    "OPENAI_",
    "WORKER_",
    "DATA_",
    "FLORIDA_",
    "API_",
    "LOG_",
)
PERSONAL += ("RATE_LIMIT_", "MAX_BODY_", "MAX_WAITING", "MAX_SOCKETS", "OUTGOING_")
PERSONAL += ("OTEL_", "TOKEN", "USD_", "SUNBIZ_", "RULES_", "OIDC_", "SESSION_", "REQUIRE_", "TRUSTED_")
for name in [name for name in os.environ if name.startswith(PERSONAL)]:
    del os.environ[name]

surroundings = ExitStack()
os.environ |= {
    "CONCORD_VAR": surroundings.enter_context(tempfile.TemporaryDirectory(prefix="concord-test-")),
    "DOTENV": os.devnull,
    "DJANGO_SETTINGS_MODULE": "concord.settings",
    "UNDO_SECONDS": "0",  # a decision takes effect at once, but where a test is about taking it back
}
if os.environ.get("TEST_DATABASE") == "postgresql":
    server, _ = surroundings.enter_context(postgres.running()).rsplit("/", 1)
    os.environ |= {"DATABASE_URL": f"{server}/concord", "WAREHOUSE_URL": f"{server}/warehouse"}
django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, for people who do not exist


def pytest_unconfigure() -> None:
    surroundings.close()


@pytest.fixture(scope="session")
def private_redis() -> Iterator[redis.Redis]:
    """A client of this run's Redis server, which runs from the first test to the last."""
    with redis_server.running(settings.REDIS_URL), redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def empty_redis(private_redis: redis.Redis) -> None:
    """Each test begins with nothing in Redis."""
    private_redis.flushall()


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Each test begins with nothing known of an earlier test's rows, and leaves no connection to its model."""
    from operations.models import types
    from workers import llm_http, registry

    registry.forget()
    types.forget()
    yield
    llm_http.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """PostgreSQL drops no database that others use: threads that outlive the tests are sent away first.

    Tests empty their tables, so the audit trail's guards are away but where a test is about them.
    """
    with django_db_blocker.unblock():
        guards.set_aside()
    yield
    with django_db_blocker.unblock():
        for connection in connections.all():
            was_set_up = str(connection.settings_dict["NAME"]).startswith("test_")
            if was_set_up and connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )


@pytest.fixture
def dropped_connections() -> Iterator[None]:
    """For a test in which the database drops connections: the thread of asynchronous tests keeps its own from one test
    to the next, and it may be one of them."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The real local model is asked only where its marker is named: its packages are large, and it is slow."""
    if "local_model" in config.option.markexpr:
        return
    items[:] = [item for item in items if not item.get_closest_marker("local_model")]
