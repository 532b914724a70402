"""The real web (Daphne, as `make run` starts it) on the test's rows and Redis, attacked through its port.

It is kept from test to test. After each it must still be well: /health answers, it holds no more than it may, and its
log tells of no error that nobody expected.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import psutil
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from redis import Redis

from tests.browser.site import Site, environment
from tests.make import make_key, make_person, make_reviewer

MOST_GROWTH = 200 * 2**20  # bytes of memory that one test may cost the server for good
SCOPES = ("start", "read_all", "decide", "mend", "admin", "metrics", "audit")
# What a limit of calls per minute would make of thousands of them is tested elsewhere.
UNLIMITED = {f"RATE_LIMIT_{kind}": "0" for kind in ("START", "READ", "WRITE", "SOCKET", "FAILED")}


class Target:
    """The site, its process, and callers of it: a program with all rights, a person, and a stranger."""

    def __init__(self, site: Site) -> None:
        assert site.process
        self.url, self.port = site.url, site.port
        self.process = psutil.Process(site.process.pid)
        self.log = site.log
        self._calls: list[httpx2.Client] = []

    def stranger(self, **headers: str) -> httpx2.Client:
        return self._caller(headers={name.replace("_", "-"): value for name, value in headers.items()})

    def program(self, *scopes: str) -> httpx2.Client:
        """A client with a key of these scopes; all of them, where none is named."""
        return self.stranger(Authorization=f"Bearer {make_key(*(scopes or SCOPES))[1]}")

    def person(self, who: User | None = None) -> httpx2.Client:
        """Somebody's browser, logged in: a reviewer, where nobody is named."""
        session = Client()
        session.force_login(who or make_reviewer())
        return self._caller(cookies={settings.SESSION_COOKIE_NAME: session.cookies[settings.SESSION_COOKIE_NAME].value})

    def administrator(self) -> httpx2.Client:
        return self.person(make_person("root", is_staff=True, is_superuser=True))

    def is_well(self) -> bool:
        return httpx2.get(f"{self.url}/health", timeout=10, trust_env=False).status_code == 200

    def close(self) -> None:
        for call in self._calls:
            call.close()

    def _caller(self, **given: Any) -> httpx2.Client:
        call = httpx2.Client(base_url=self.url, timeout=30, trust_env=False, **given)
        self._calls.append(call)
        return call


@pytest.fixture(scope="session")
def daphne(tmp_path_factory: pytest.TempPathFactory, private_redis: Redis) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("probes") / "web.log", environment() | UNLIMITED, "concord.web")
    yield site
    site.stop()


@pytest.fixture
def restarted(daphne: Site) -> None:
    """The server is to know nothing of rows that earlier tests had, such as the ids of content types."""
    daphne.stop()


@pytest.fixture
def target(transactional_db: None, daphne: Site) -> Iterator[Target]:
    """The server, which must be as well after the test as it was before."""
    if not (daphne.process and daphne.process.poll() is None):
        daphne.start()
    attacked = Target(daphne)
    assert attacked.is_well()
    memory, said = attacked.process.memory_info().rss, attacked.log.stat().st_size
    yield attacked
    attacked.close()
    assert attacked.is_well()
    assert attacked.process.memory_info().rss - memory < MOST_GROWTH
    assert unexpected(attacked.log.read_bytes()[said:]) == []


def unexpected(log: bytes) -> list[str]:
    """The errors in what the server said, each with what follows it; refusals are none."""
    entries = re.split(rb"(?m)^(?=\d{4}-\d\d-\d\dT)", re.sub(rb"\x1b\[[\d;]*m", b"", log))
    errors = [entry for entry in entries if re.search(rb"\[(error|critical) *\]", entry)]
    return [entry[-2000:].decode(errors="replace") for entry in errors if b"django.security" not in entry]
