"""GET /health: open to all, quick, and true."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from concord import health
from concord.health import Checkup, checkup
from tests.api.conftest import Caller
from tests.make import make_escalation, make_operation
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unreachable_redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    monkeypatch.setattr(health, "checkup", Checkup())


def test_it_counts_what_is_under_way(eve: Caller) -> None:
    make_operation()
    make_escalation()
    RegisteredWorker.objects.create(name="plant", url="http://x", healthy=True)
    RegisteredWorker.objects.create(name="new", url="http://x", healthy=None)
    RegisteredWorker.objects.create(name="off", url="http://x", healthy=False, enabled=False)

    response = eve.get("/health")

    assert response.status_code == 200
    assert response.json() == {
        "status": "healthy",
        "redis_connected": True,
        "database_connected": True,
        "langgraph_available": False,
        "active_operations": 1,
        "escalation_queue": 1,
        "registered_workers": 2,
        "workers": {"plant": True, "new": None},
        "config": {"confidence_threshold": 0.7, "context_compression": True, "rewoo_planning": True, "model": False},
    }


def test_an_unwell_worker_makes_it_degraded(eve: Caller) -> None:
    RegisteredWorker.objects.create(name="plant", url="http://x", healthy=False)

    response = eve.get("/health")

    assert (response.status_code, response.json()["status"]) == (200, "degraded")


def test_without_redis_it_is_degraded(eve: Caller, unreachable_redis: None) -> None:
    response = eve.get("/health")

    assert response.status_code == 200
    assert (response.json()["status"], response.json()["redis_connected"]) == ("degraded", False)


def test_without_the_database_it_is_503(eve: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise OperationalError("connection refused")

    monkeypatch.setattr(health.Operation.objects, "filter", lambda **_: gone())

    response = eve.get("/health")

    assert response.status_code == 503
    shown = response.json()
    assert (shown["status"], shown["database_connected"], shown["active_operations"]) == ("unhealthy", False, None)


def test_a_database_that_does_not_answer_counts_as_gone_and_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, asked = threading.Event(), []

    def silent() -> Any:
        asked.append(1)
        answers.wait(10)

    monkeypatch.setattr(health, "_count", silent)
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    checkup = Checkup()

    began = time.monotonic()
    with ThreadPoolExecutor(5) as probes:
        reports = list(probes.map(lambda _: checkup.report(), range(5)))
    answers.set()

    assert [report["status"] for report in reports] == ["unhealthy"] * 5
    assert time.monotonic() - began < 5
    assert asked == [1]


def test_many_probes_are_one_look(eve: Caller) -> None:
    eve.get("/health")
    looked = checkup._looking

    for _ in range(20):
        eve.get("/health")

    assert checkup._looking is looked
