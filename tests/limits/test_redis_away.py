"""Where Redis is away, calls are counted by the process alone: limited still, and not kept waiting."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from redis import Redis

from concord import redis_server
from tests.browser.site import Site, environment, until
from tests.limits.conftest import LIMITS, Web


@pytest.fixture
def lonely(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Web]:
    """A web whose Redis has gone."""
    settings.REDIS_URL = redis_server.private_url(tmp_path)
    site = Site(tmp_path / "web.log", environment() | LIMITS, "tests.limits.web")
    with redis_server.running(settings.REDIS_URL):
        site.start()
        web = Web(site)
        assert web.stranger("198.51.100.1").get("/schema").status_code == 200
    yield web
    web.close()
    site.stop()


def test_calls_are_limited_all_the_same(lonely: Web) -> None:
    alice = lonely.program()

    answers = [alice.get("/operations") for _ in range(8)]

    assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
    assert answers[-1].headers["Retry-After"]
    assert max(answer.elapsed.total_seconds() for answer in answers[1:]) < 2


def test_counting_goes_on_in_redis_when_it_is_back(lonely: Web, settings: Settings) -> None:
    lonely.program().get("/operations")

    with redis_server.running(settings.REDIS_URL), Redis.from_url(settings.REDIS_URL) as redis:
        until(lambda: is_counted_in(redis, lonely), "it is not asked again")


def is_counted_in(redis: Redis, web: Web) -> bool:
    web.stranger().get("/schema")
    return any(redis.scan_iter("concord:limit:*"))
