"""Nothing is lost and nothing is done twice, whatever is late, doubled, slow or gone."""

import os
import subprocess
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from operations import acts, executor, jobs, lease, pipeline, retries
from operations.models import Operation, Step, Superseded, TransitionError
from operations.states import NEXT, Status, StepStatus
from tests.operations import plant
from tests.operations.conftest import Settle, post, run_queue, statuses, step
from tests.serving import serve
from workers import registry
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


@pytest.fixture
def journal(tmp_path: Path) -> str:
    return str(tmp_path / "journal")


def waiting(journal: str) -> dict:
    """A step that works until the file beside the journal is there."""
    return step("E1", "wait", arguments={"journal": journal, "until": f"{journal}.go"})


def test_a_step_that_fails_for_now_is_tried_again(settle: Settle, journal: str) -> None:
    operation = settle(post([step("E1", "shaky", arguments={"journal": journal, "failures": 2})]))

    assert operation.status == Status.COMPLETED
    assert operation.steps.get().attempts == 3
    assert operation.events.filter(kind="step_retry").count() == 2


def test_after_four_attempts_a_person_is_asked(settle: Settle, journal: str) -> None:
    operation = settle(post([step("E1", "shaky", arguments={"journal": journal, "failures": 99})]))

    assert operation.status == Status.ESCALATING
    assert len(plant.read(journal)) == 4
    assert "the source is busy (tried 4 times)" in operation.steps.get().error


def test_what_will_not_work_is_not_tried_again(settle: Settle) -> None:
    operation = settle(post([step("E1", "refuse")]))

    assert operation.steps.get().attempts == 1


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


def test_a_small_operation_does_not_wait_for_the_end_of_a_large_one(
    settle: Settle, journal: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One queue worker for both: the large one gives it up between two steps, and goes on afterwards."""
    monkeypatch.setattr(lease, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(lease, "TURN_SECONDS", 0.2)
    monkeypatch.setattr(lease, "WAITING", timedelta(0))
    settings.STEPS_AT_ONCE = 2
    counting = [step(f"E{number}", "count", arguments={"journal": journal, "pause": 0.1}) for number in range(1, 31)]
    large, small = post(counting), post([step("E1", "double", arguments={"value": 2})])

    settle(large)
    small.refresh_from_db()

    assert (large.status, small.status) == (Status.COMPLETED, Status.COMPLETED)
    half = large.steps.order_by("finished_at")[15].finished_at
    assert small.ended_at
    assert half
    assert small.ended_at < half
    assert sorted(plant.read(journal)) == ["end"] * 30 + ["start"] * 30
    assert {one.attempts for one in large.steps.all()} == {1}


def test_who_is_less_urgent_waits(
    settle: Settle, journal: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(lease, "TURN_SECONDS", 0.1)
    monkeypatch.setattr(lease, "WAITING", timedelta(0))
    settings.STEPS_AT_ONCE = 2
    counting = [step(f"E{number}", "count", arguments={"journal": journal, "pause": 0.1}) for number in range(1, 11)]
    urgent, other = post(counting, priority=8), post([step("E1", "double", arguments={"value": 2})])

    settle(urgent)
    settle(other)

    assert other.started_at
    assert urgent.ended_at
    assert other.started_at > urgent.ended_at
    assert urgent.fence == 1


def test_cancelling_withdraws_a_running_call(settle: Settle, journal: str) -> None:
    operation = post([waiting(journal), step("E2", "double", arguments={"value": "#E1.value"})])
    run_queue()
    operation.refresh_from_db()

    acts.cancel(operation, actor="alice")
    settle(operation)

    assert operation.status == Status.CANCELLED
    assert statuses(operation) == {"E1": "cancelled", "E2": "cancelled"}
    time.sleep(0.3)
    assert plant.read(journal) == ["start"]


def test_a_cancelled_operation_can_be_tried_again(settle: Settle, journal: str) -> None:
    operation = post([waiting(journal)])
    run_queue()
    operation.refresh_from_db()
    acts.cancel(operation, actor="alice")
    settle(operation)

    Path(f"{journal}.go").touch()
    acts.retry(operation, actor="alice")
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert plant.read(journal) == ["start", "start", "end"]


def test_an_operation_that_takes_too_long_fails_and_stops_its_calls(settle: Settle, journal: str) -> None:
    steps = [step("E1", "count", arguments={"journal": journal, "to": 600, "pause": 0.1})]
    operation = settle(post(steps, timeout_seconds=3))

    assert operation.status == Status.FAILED
    assert operation.error == "Not done within 3 seconds"
    assert statuses(operation) == {"E1": "cancelled"}


def test_a_step_that_takes_too_long_fails_alone(settle: Settle, journal: str) -> None:
    arguments = {"journal": journal, "to": 600, "pause": 0.1}
    operation = settle(post([step("E1", "count", arguments=arguments, timeout_seconds=2.5)]))

    assert operation.status == Status.ESCALATING
    assert operation.steps.get().error == "not done within 2.5 seconds"


def test_a_lost_ring_is_rung_again(settle: Settle, private_redis) -> None:
    operation = post([step("E1", "numbers")])
    private_redis.flushall()

    settle(operation)

    assert operation.status == Status.COMPLETED


def test_an_operation_whose_queue_worker_was_lost_is_taken_up_where_it_was(settle: Settle, journal: str) -> None:
    operation = post(
        [
            step("E1", "count", arguments={"journal": journal}),
            step("E2", "count", arguments={"journal": journal, "to": 2}, depends_on=["E1"]),
        ]
    )
    taken = Operation.objects.claim_next("lost")
    assert taken is not None
    pipeline.plan(*taken)
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    settle(operation)

    assert operation.status == Status.COMPLETED
    assert operation.rescues == 1
    assert plant.read(journal) == ["start", "end"] * 2


def test_steps_that_were_lost_before_they_were_rows_are_made_again(settle: Settle, journal: str) -> None:
    counted = [step(f"E{number}", "count", arguments={"journal": journal, "to": number}) for number in (1, 2, 3)]
    operation = post(counted)
    taken = Operation.objects.claim_next("lost")
    assert taken is not None
    pipeline.plan(*taken)
    second = taken[0].known_steps()[1]
    second.status, second.result = StepStatus.COMPLETED, {"value": 2}
    assert Step.objects.put(taken[1], [second])
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    settle(operation)

    assert operation.status == Status.COMPLETED
    assert list(operation.steps.values_list("step_id", "position")) == [("E1", 0), ("E2", 1), ("E3", 2)]
    assert plant.read(journal) == ["start", "start", "end", "end"] or plant.read(journal) == ["start", "end"] * 2


def test_a_cancel_at_the_first_moment_stops_all_steps(settle: Settle, journal: str) -> None:
    operation = post([step("E1", "count", arguments={"journal": journal}), step("E2", "numbers", depends_on=["E1"])])
    late = Operation.objects.claim_next("late")
    assert late is not None
    pipeline.plan(*late)
    operation.refresh_from_db()

    acts.cancel(operation, actor="alice")
    with pytest.raises(Superseded):
        executor.execute(*late)

    assert statuses(operation) == {"E1": "cancelled", "E2": "cancelled"}
    acts.retry(operation, actor="alice")
    settle(operation)
    assert operation.status == Status.COMPLETED


def test_one_whom_a_newer_claim_overtook_changes_nothing(settle: Settle) -> None:
    operation = post([step("E1", "numbers")])
    late = Operation.objects.claim_next("late")
    assert late is not None
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    settle(operation)

    with pytest.raises(Superseded):
        pipeline.plan(*late)

    operation.refresh_from_db()
    assert operation.status == Status.COMPLETED
    assert operation.events.filter(kind="executing").count() == 1


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


def test_an_operation_that_kills_every_queue_worker_is_given_up(settle: Settle) -> None:
    operation = post([step("E1", "numbers")])
    Operation.objects.update(rescues=9)

    settle(operation)

    assert operation.status == Status.FAILED
    assert "was lost while at it" in operation.error


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


@pytest.mark.parametrize("old", Status)
@pytest.mark.parametrize("new", Status)
def test_only_listed_moves_are_allowed(transactional_db: None, old: Status, new: Status) -> None:
    operation = Operation.objects.create(operation_type="custom", status=old)

    if new in NEXT[old]:
        operation.move_to(new)
    else:
        with pytest.raises(TransitionError):
            operation.move_to(new)

    operation.refresh_from_db()
    assert operation.status == (new if new in NEXT[old] else old)
    assert operation.events.count() == (new in NEXT[old])


def test_what_a_dead_queue_worker_of_this_machine_held_is_free_at_once(settle: Settle) -> None:
    operation = post([step("E1", "numbers")])
    dead = subprocess.Popen(["true"])
    dead.wait()
    assert Operation.objects.claim_next(f"{jobs.place()}:{dead.pid}")

    jobs.free_orphans()
    settle(operation, seconds=10)

    assert operation.status == Status.COMPLETED
    assert operation.rescues == 1


def test_what_a_live_queue_worker_or_one_elsewhere_holds_stays_its_own(settle: Settle) -> None:
    for holder in (f"{jobs.place()}:{os.getpid()}", "elsewhere/1:99999999"):
        post([step("E1", "numbers")])
        assert Operation.objects.claim_next(holder)

    jobs.free_orphans()

    assert not Operation.objects.ready(timezone.now()).exists()
