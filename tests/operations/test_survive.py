"""Nothing is lost and nothing is done twice, whatever is late, doubled, slow or gone."""

import os
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from operations import acts, executor, jobs, pipeline
from operations.models import Operation, Step, Superseded, TransitionError
from operations.states import NEXT, Status, StepStatus
from tests.operations import plant
from tests.operations.conftest import Settle, post, run_queue, statuses, step, waiting

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])


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


def test_an_operation_that_kills_every_queue_worker_is_given_up(settle: Settle) -> None:
    operation = post([step("E1", "numbers")])
    Operation.objects.update(rescues=9)

    settle(operation)

    assert operation.status == Status.FAILED
    assert "was lost while at it" in operation.error


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
