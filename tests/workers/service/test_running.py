"""A call that takes its time: waiting for it, watching it, cancelling it, and one call too many."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.serving import serve, served
from tests.workers.example_worker import worker
from tests.workers.service.conftest import Caller
from workers.models import CallRecord
from workers.service import calls, heartbeat

pytestmark = served


@pytest.fixture
def quick_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "SECONDS", 0.05)


def wait_for(condition) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not come about in ten seconds"
        time.sleep(0.01)


def start(caller: Caller, journal, *, to: int = 400, **headers: str) -> str:
    """Begin a call of twenty seconds, if nobody stops it, and return its address."""
    answer = caller.act("count", {"journal": str(journal), "to": to, "pause": 0.05}, prefer="wait=0", **headers)
    assert answer.status_code == 202
    assert answer.json()["status"] == "running"
    wait_for(journal.exists)
    return answer.headers["Location"]


def test_long_work_is_answered_with_its_address_and_watched_there(caller: Caller, journal):
    location = start(caller, journal, to=4)
    wait_for(lambda: caller.get(location).json()["progress"]["done"] > 0)

    state = caller.ended(location)

    assert (state["status"], state["result"], state["error"]) == ("completed", {"done": 4}, None)
    assert state["progress"] == {"done": 4, "total": 4, "message": "step 4"}


def test_a_caller_waits_two_seconds_unless_it_prefers_otherwise(caller: Caller, journal):
    started = time.monotonic()
    answer = caller.act("count", {"journal": str(journal), "to": 50, "pause": 0.1})
    waited = time.monotonic() - started
    caller.delete(answer.headers["Location"])

    assert answer.status_code == 202
    assert 1.9 < waited < 4


def test_progress_reaches_the_other_replicas(quick_heartbeat, caller: Caller, journal):
    location = start(caller, journal)

    with serve(worker) as url, Caller(url) as replica:
        wait_for(lambda: replica.get(location).json()["progress"]["done"] >= 2)
        assert replica.get(location).json()["progress"]["total"] == 400
    caller.delete(location)


def test_a_heartbeat_keeps_every_long_call_alive_whether_or_not_it_tells_of_progress(
    quick_heartbeat, caller: Caller, journal, tmp_path
):
    silent = caller.act("deaf", {"journal": str(tmp_path / "deaf"), "seconds": 1}, prefer="wait=0")
    CallRecord.objects.update(seen_at=datetime.now(UTC) - timedelta(minutes=1))
    wait_for(lambda: CallRecord.objects.get().seen_at > datetime.now(UTC) - timedelta(seconds=30))

    location = start(caller, journal)
    CallRecord.objects.update(seen_at=datetime.now(UTC) - timedelta(minutes=1))
    recent = CallRecord.objects.filter(seen_at__gt=datetime.now(UTC) - timedelta(seconds=30))
    wait_for(lambda: recent.count() == 2)
    caller.delete(location)
    assert caller.ended(silent.headers["Location"])["status"] == "completed"


def test_a_cancelled_call_stops_and_ends_cancelled(caller: Caller, journal):
    location = start(caller, journal, idempotency_key="k")

    acknowledged = caller.delete(location)
    state = caller.ended(location)

    assert acknowledged.status_code in (200, 202)
    assert (state["status"], state["error"]) == ("cancelled", "the caller cancelled the call")
    assert journal.read_text().split() == ["start"]
    assert CallRecord.objects.get().status == "cancelled"
    assert caller.delete(location).status_code == 200


def test_a_call_is_cancelled_through_any_replica(quick_heartbeat, caller: Caller, journal):
    location = start(caller, journal)

    with serve(worker) as url, Caller(url) as replica:
        assert replica.delete(location).status_code == 202
        assert replica.ended(location)["status"] == "cancelled"

    assert journal.read_text().split() == ["start"]


def test_whoever_waits_for_a_cancelled_call_hears_of_it(caller: Caller, journal):
    parameters = {"journal": str(journal), "to": 400, "pause": 0.05}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(caller.act, "count", parameters, prefer="wait=20")
        wait_for(journal.exists)
        caller.delete(f"/operations/{CallRecord.objects.get().id}")
        answer = waiting.result()

    assert (answer.status_code, answer.json()["status"]) == (500, "cancelled")
    assert answer.json()["retryable"] is False


def test_work_that_was_done_in_spite_of_a_cancellation_counts(caller: Caller, journal):
    parameters = {"journal": str(journal), "seconds": 0.5}
    location = caller.act("deaf", parameters, prefer="wait=0").headers["Location"]
    wait_for(journal.exists)  # what has not begun when it is cancelled never begins

    assert caller.delete(location).status_code == 202
    assert caller.ended(location)["status"] == "completed"


@pytest.mark.parametrize("form", ["RFC 3339", "Unix seconds"])
def test_a_call_ends_at_its_deadline(caller: Caller, journal, form):
    deadline = datetime.now(UTC) + timedelta(seconds=0.5)
    text = str(deadline.timestamp()) if form == "Unix seconds" else deadline.isoformat()

    state = caller.ended(start(caller, journal, concord_deadline=text))

    assert state["status"] == "cancelled"
    assert "deadline" in state["error"]
    assert journal.read_text().split() == ["start"]


def test_a_call_after_its_deadline_does_not_run(caller: Caller, journal):
    answer = caller.act("count", {"journal": str(journal)}, concord_deadline="2026-01-01T00:00:00Z")

    assert (answer.status_code, answer.json()["status"]) == (500, "cancelled")
    assert "Concord-Deadline" in answer.json()["error"]
    assert not journal.exists()


def test_one_call_too_many_is_asked_to_come_again_but_the_known_are_answered(settings, transactional_db, journal):
    settings.CALLS_PER_WORKER = 2
    with serve(worker) as url, Caller(url) as caller:
        done = caller.act("echo", {"text": "x"}, idempotency_key="done").json()
        locations = [start(caller, journal, idempotency_key=key) for key in ("one", "two")]

        refused = caller.act("echo", {"text": "y"}, idempotency_key="three")
        again = caller.act("echo", {"text": "x"}, idempotency_key="done")
        parameters = {"journal": str(journal), "to": 400, "pause": 0.05}
        joined = caller.act("count", parameters, idempotency_key="one", prefer="wait=0")
        health = caller.get("/health")
        for location in locations:
            caller.delete(location)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert (refused.json()["retryable"], refused.json()["retry_after"]) == (True, 1)
    assert again.json() == done
    assert (joined.status_code, joined.headers["Location"]) == (202, locations[0])
    assert health.status_code == 200


def test_a_service_that_stops_frees_its_calls_for_others(transactional_db, journal):
    parameters = {"journal": str(journal), "to": 400, "pause": 0.05}
    with serve(worker) as url, Caller(url) as caller:
        location = start(caller, journal, idempotency_key="k")

    with serve(worker) as url, Caller(url) as caller:
        state = caller.get(location).json()
        again = caller.act("count", parameters, idempotency_key="k", concord_attempt="2", prefer="wait=0")
        caller.delete(location)

    assert (state["status"], state["retryable"]) == ("failed", True)
    assert "stopping" in state["error"]
    assert (again.status_code, again.headers["Location"]) == (202, location)


def test_a_service_does_not_wait_for_ever_for_an_action_that_will_not_stop(transactional_db, monkeypatch, journal):
    monkeypatch.setattr(calls, "GRACE_SECONDS", 0.1)
    with serve(worker) as url, Caller(url) as caller:
        caller.act("deaf", {"journal": str(journal), "seconds": 2}, prefer="wait=0")
        wait_for(journal.exists)

    assert (CallRecord.objects.get().status, CallRecord.objects.get().retryable) == ("failed", True)
    wait_for(lambda: "end" in journal.read_text())
    wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("action")])
    assert CallRecord.objects.get().status == "failed"


def test_a_stopped_service_leaves_no_thread_behind(transactional_db):
    before = set(threading.enumerate())
    with serve(worker) as url, Caller(url) as caller:
        caller.act("echo", {"text": "x"})

    assert set(threading.enumerate()) <= before  # some that others began may have ended
