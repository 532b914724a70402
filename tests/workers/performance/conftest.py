"""A real Concord for the worker to ask: its web in a thread, on the test's own database, and a key of its own."""

from typing import Any

import pytest
from pytest_django import Settings

from tests.make import make_key
from workers import registry
from workers.contract import Call
from workers.performance import worker

Json = dict[str, Any]


@pytest.fixture
def concord(live_server: Any, settings: Settings) -> str:
    """The address of a Concord whose key the worker has."""
    registry.forget()
    settings.CONCORD_URL = live_server.url
    settings.CONCORD_API_KEY = make_key("read_all", name="performance")[1]
    return live_server.url


@pytest.fixture
def nobody(settings: Settings) -> None:
    """Nobody answers where Concord should be."""
    settings.CONCORD_URL = "http://127.0.0.1:1"


def run(action: str, **parameters: Any) -> Json:
    """An action as a caller runs it, through its schemas."""
    return worker.actions[action].run(Call(), parameters)
