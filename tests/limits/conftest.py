"""The real web with limits that a test meets, on the test's rows and Redis. It is kept from test to test."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from redis import Redis

from tests.browser.site import Site, environment
from tests.make import make_key

LIMITS = {
    "RATE_LIMIT_START": "4/hour",
    "RATE_LIMIT_READ": "6/hour",
    "RATE_LIMIT_WRITE": "3/hour",
    "RATE_LIMIT_SOCKET": "40/hour",
    "RATE_LIMIT_FAILED": "3/hour",
    "MAX_WAITING_PER_CLIENT": "2",
    "MAX_WAITING": "3",
    "MAX_SOCKETS_PER_CLIENT": "2",
    "MAX_SOCKETS": "3",
    "TRUSTED_PROXIES": "1",  # so that a test can come from any address
}
OPERATION = {"operation_type": "data_pipeline", "parameters": {"counties": ["Duval"]}}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Where names lead to: a list of addresses, of which each look-up takes the first, the last one for good."""
    led: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: str, port: Any, *args: Any, **named: Any) -> Any:
        if host not in led:
            return real(host, port, *args, **named)
        address = led[host].pop(0) if len(led[host]) > 1 else led[host][0]
        return real(address, port, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return led


class Web:
    """The running web, and callers of it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.url, self.port = site.url, site.port
        self._open: list[httpx2.Client] = []

    def stranger(self, address: str = "192.0.2.1", **headers: str) -> httpx2.Client:
        """A caller from this address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._caller(headers={"X-Forwarded-For": address, **named})

    def program(self, *scopes: str, key: str = "", address: str = "192.0.2.1") -> httpx2.Client:
        """A client with a key."""
        return self.stranger(address, Authorization=f"Bearer {key or make_key(*(scopes or ('start',)))[1]}")

    def person(self, who: User, address: str = "192.0.2.1") -> httpx2.Client:
        """Somebody's browser, logged in."""
        browser = Client()
        browser.force_login(who)
        name = settings.SESSION_COOKIE_NAME
        return self._caller(cookies={name: browser.cookies[name].value}, headers={"X-Forwarded-For": address})

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as raw:
            yield raw

    def close(self) -> None:
        for caller in self._open:
            caller.close()

    def _caller(self, **given: Any) -> httpx2.Client:
        self._open.append(httpx2.Client(base_url=self.url, timeout=30, trust_env=False, **given))
        return self._open[-1]


@pytest.fixture(scope="session")
def limited_site(tmp_path_factory: pytest.TempPathFactory, private_redis: Redis) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("limits") / "web.log", environment() | LIMITS, "tests.limits.web")
    yield site
    site.stop()


@pytest.fixture
def web(transactional_db: None, limited_site: Site) -> Iterator[Web]:
    if not (limited_site.process and limited_site.process.poll() is None):
        limited_site.start()
    running = Web(limited_site)
    yield running
    running.close()


def read_all(raw: socket.socket) -> bytes:
    """What the server says until it closes."""
    said = b""
    while piece := raw.recv(65_536):
        said += piece
    return said
