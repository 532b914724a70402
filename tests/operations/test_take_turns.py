"""Who waits, and for what: queue workers, and room at a worker, go to those who can use them."""

import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from operations import jobs, lease, retries
from operations.states import Status
from tests.operations import plant
from tests.operations.conftest import Settle, post, run_queue, statuses, step, waiting
from tests.serving import serve
from workers import registry
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


def test_a_long_call_is_handed_back_and_asked_after(settle: Settle, journal: str) -> None:
    operation = post([waiting(journal)])
    run_queue()  # returns although the call goes on: no queue worker is held by it
    operation.refresh_from_db()
    assert operation.status == Status.EXECUTING
    assert operation.lease_until is None
    assert operation.wake_at is not None
    assert statuses(operation) == {"E1": "running"}

    Path(f"{journal}.go").touch()
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert plant.read(journal) == ["start", "end"]


def test_waiting_for_a_full_worker_costs_no_attempt(
    settle: Settle, journal: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CALLS_PER_WORKER = 1
    knocks: list[float] = []

    def knock(retry_after: float) -> datetime:
        knocks.append(retry_after)
        if len(knocks) == 6:
            Path(f"{journal}.go").touch()
        return timezone.now()

    monkeypatch.setattr(retries, "next_knock", knock)
    with serve(plant.worker) as url:
        RegisteredWorker.objects.filter(name="plant").update(url=url)
        registry.forget()
        first = post([waiting(journal)])
        run_queue()
        second = settle(post([step("E1", "double", arguments={"value": 2})]))
        settle(first)

    assert (first.status, second.status) == (Status.COMPLETED, Status.COMPLETED)
    assert second.steps.get().attempts == 1
    assert set(knocks) == {1.0}
    assert RegisteredWorker.objects.get(name="plant").failures == 0


def test_a_full_worker_is_not_knocked_at_by_every_step_that_waits_for_it(
    settle: Settle, journal: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CALLS_PER_WORKER = 1
    knocks: list[datetime] = []

    def knock(retry_after: float) -> datetime:
        knocks.append(timezone.now())
        if len(knocks) == settings.STEPS_AT_ONCE + 1:
            Path(f"{journal}.go").touch()
        return timezone.now()

    monkeypatch.setattr(retries, "next_knock", knock)
    doubles = [step(f"E{number}", "double", arguments={"value": number}) for number in range(2, 42)]
    with serve(plant.worker) as url:
        RegisteredWorker.objects.filter(name="plant").update(url=url)
        registry.forget()
        operation = settle(post([waiting(journal), *doubles]))

    assert operation.status == Status.COMPLETED
    assert {one.attempts for one in operation.steps.all()} == {1}
    assert len(knocks) < len(doubles) / 2


@pytest.fixture
def short_turns(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation may keep its queue worker for a fifth of a second while others wait."""
    monkeypatch.setattr(lease, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(lease, "TURN_SECONDS", 0.2)
    monkeypatch.setattr(lease, "WAITING", timedelta(0))
    settings.STEPS_AT_ONCE = 2


def counting(journal: str, steps: int) -> list[dict]:
    """Steps that take a tenth of a second each."""
    arguments = {"journal": journal, "pause": 0.1}
    return [step(f"E{number}", "count", arguments=arguments) for number in range(1, steps + 1)]


def test_a_small_operation_does_not_wait_for_the_end_of_a_large_one(
    short_turns: None, settle: Settle, journal: str
) -> None:
    """One queue worker for both: the large one gives it up between two steps, and goes on afterwards."""
    large, small = post(counting(journal, 30)), post([step("E1", "double", arguments={"value": 2})])

    settle(large)
    small.refresh_from_db()

    assert (large.status, small.status) == (Status.COMPLETED, Status.COMPLETED)
    half = large.steps.order_by("finished_at")[15].finished_at
    assert small.ended_at
    assert half
    assert small.ended_at < half
    assert sorted(plant.read(journal)) == ["end"] * 30 + ["start"] * 30
    assert {one.attempts for one in large.steps.all()} == {1}


def test_who_is_less_urgent_waits(short_turns: None, settle: Settle, journal: str) -> None:
    urgent = post(counting(journal, 10), priority=8)
    other = post([step("E1", "double", arguments={"value": 2})])

    settle(urgent)
    settle(other)

    assert other.started_at
    assert urgent.ended_at
    assert other.started_at > urgent.ended_at
    assert urgent.fence == 1


def test_of_many_queue_workers_each_operation_is_taken_by_one(settle: Settle) -> None:
    operations = [post([step("E1", "numbers")]) for _ in range(12)]

    threads = [threading.Thread(target=_work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    for operation in operations:
        settle(operation)
        assert operation.status == Status.COMPLETED
        assert operation.fence == 1


def _work() -> None:
    try:
        jobs.work()
    finally:
        from django.db import connections

        connections.close_all()


def test_a_worker_that_is_away_for_a_moment_costs_no_attempt(
    transactional_db: None, settings: Settings, journal: str
) -> None:
    registry.forget()
    with serve(plant.worker) as url:
        row = RegisteredWorker.objects.create(name="plant", url=url)
        registry.refresh(row)
        operation = post([step("E1", "count", arguments={"journal": journal})])
    run_queue()
    assert operation.steps.get().attempts == 0
    assert operation.steps.get().status == "pending"
    with serve(plant.worker) as url:
        RegisteredWorker.objects.update(url=url, open_until=None)
        registry.forget()
        end = time.monotonic() + 20
        while operation.status != Status.COMPLETED and time.monotonic() < end:
            time.sleep(0.05)
            jobs.ring_now()
            run_queue()
            operation.refresh_from_db()

    assert operation.status == Status.COMPLETED
    assert operation.steps.get().attempts == 1
