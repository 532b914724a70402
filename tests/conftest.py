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
from django.conf import settings

from concord import redis_server
from tests import postgres

# Django reads its settings after this module, so that what is set here holds (which is why pyproject.toml does not
# name them). A person's own environment, which may point at production, does not reach the tests.
PERSONAL = ("CONCORD_", "DATABASE_", "WAREHOUSE_", "REDIS_", "OPENAI_", "WORKER_", "DATA_", "FLORIDA_", "API_", "LOG_")
for name in [name for name in os.environ if name.startswith(PERSONAL)]:
    del os.environ[name]

surroundings = ExitStack()
os.environ |= {
    "CONCORD_VAR": surroundings.enter_context(tempfile.TemporaryDirectory(prefix="concord-test-")),
    "DOTENV": os.devnull,
    "DJANGO_SETTINGS_MODULE": "concord.settings",
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
