"""Clients of the API: Alice and Bob have a key each, Rita decides, one mends, Eve has none."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from concord.health import checkup
from operations.models import ApiKey
from tests.make import make_key
from workers import registry


class Caller(Client):
    """A program that speaks JSON, with a key or without one."""

    def __init__(self, key: str = "", row: ApiKey | None = None):
        super().__init__(headers={"Authorization": f"Bearer {key}"} if key else None, raise_request_exception=False)
        self.key = key
        self.row = row

    def send(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST ``body`` as JSON; ``headers`` by name, with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post(path, {} if body is None else body, content_type="application/json", headers=named)


def caller(*scopes: str, name: str = "") -> Caller:
    row, key = make_key(*scopes, name=name)
    return Caller(key, row)


@pytest.fixture
def alice(db: None) -> Caller:
    return caller(name="alice")


@pytest.fixture
def bob(db: None) -> Caller:
    return caller(name="bob")


@pytest.fixture
def rita(db: None) -> Caller:
    return caller("decide", name="rita")


@pytest.fixture
def mender(db: None) -> Caller:
    return caller("mend", "read_all", name="mender")


@pytest.fixture
def admin(db: None) -> Caller:
    return caller("admin", "read_all", name="admin")


@pytest.fixture
def eve(db: None) -> Caller:
    return Caller()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No test sees what another left in this process's memory."""
    registry.forget()
    checkup.forget()
    yield
    registry.forget()
