"""A call made twice: by a caller who heard nothing, by a later attempt, by another replica, or of a dead owner."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.serving import serve, served
from tests.workers.example_worker import worker
from tests.workers.service.conftest import Caller
from workers.models import CallRecord
from workers.service.records import DEAD_AFTER, KEPT_FOR, delete_old, digest

pytestmark = served


def make_record(parameters: dict, **fields) -> CallRecord:
    """A call of `count` that some other service began, ``age`` ago."""
    age = fields.pop("age", timedelta())
    fields = {"worker": "example", "action": "count", "key": "k", "owner": "elsewhere:1#gone"} | fields
    fields |= {"digest": digest("count", parameters), "seen_at": timezone.now() - age}
    return CallRecord.objects.create(**fields)


def test_a_completed_call_is_answered_again_and_not_run_again(caller: Caller, journal):
    first = caller.act("count", {"journal": str(journal)}, idempotency_key="k")
    second = caller.act("count", {"journal": str(journal)}, idempotency_key="k", concord_attempt="2")

    assert second.json() == first.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert journal.read_text().split() == ["start", "end"]


def test_calls_without_a_key_are_different_calls(caller: Caller, journal):
    for _ in range(2):
        caller.act("count", {"journal": str(journal)})

    assert journal.read_text().split() == ["start", "end"] * 2


def test_a_failure_is_not_answered_again_but_run_again(caller: Caller, journal):
    first = caller.act("flaky", {"journal": str(journal)}, idempotency_key="k", concord_attempt="1")
    second = caller.act("flaky", {"journal": str(journal)}, idempotency_key="k", concord_attempt="2")

    assert (first.status_code, second.status_code) == (503, 200)
    assert second.json()["id"] == first.json()["id"]
    record = CallRecord.objects.get()
    assert (record.status, record.error, record.retryable, record.attempt) == ("completed", "", False, 2)


def test_a_key_belongs_to_one_action_and_its_parameters(caller: Caller):
    caller.act("echo", {"text": "a"}, idempotency_key="k")

    answer = caller.act("echo", {"text": "b"}, idempotency_key="k")

    assert answer.status_code == 422
    assert answer.json()["field"] == "Idempotency-Key"


def test_the_order_of_parameters_does_not_matter(caller: Caller):
    first = caller.act("echo", {"text": "a", "times": 2}, idempotency_key="k")

    assert caller.act("echo", {"times": 2, "text": "a"}, idempotency_key="k").json() == first.json()


@pytest.mark.parametrize("first", ["count", "flaky"])
def test_an_attempt_lower_than_one_seen_is_refused(caller: Caller, journal, first):
    caller.act(first, {"journal": str(journal)}, idempotency_key="k", concord_attempt="3")

    answer = caller.act(first, {"journal": str(journal)}, idempotency_key="k", concord_attempt="2")

    assert answer.status_code == 409
    assert answer.json()["field"] == "Concord-Attempt"
    assert CallRecord.objects.get().attempt == 3


def test_a_call_that_still_runs_is_joined_and_its_later_attempt_remembered(caller: Caller, journal):
    parameters = {"journal": str(journal), "to": 10, "pause": 0.05}
    first = caller.act("count", parameters, idempotency_key="k", concord_attempt="1", prefer="wait=0")
    joined = caller.act("count", parameters, idempotency_key="k", concord_attempt="2", prefer="respond-async")
    late = caller.act("count", parameters, idempotency_key="k", concord_attempt="1")
    waited = caller.act("count", parameters, idempotency_key="k", concord_attempt="2", prefer="wait=20")

    assert (first.status_code, joined.status_code) == (202, 202)
    assert joined.headers["Location"] == first.headers["Location"]
    assert late.status_code == 409
    assert waited.json()["result"] == {"done": 10}
    assert journal.read_text().split() == ["start", "end"]


def test_simultaneous_calls_with_one_key_run_once(caller: Caller, journal):
    def act(number: int) -> dict:
        parameters = {"journal": str(journal), "to": 3, "pause": 0.05}
        return caller.act("count", parameters, idempotency_key="k", prefer="wait=20").json()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(act, range(6)))

    assert [answer["result"] for answer in answers] == [{"done": 3}] * 6
    assert journal.read_text().split() == ["start", "end"]


def test_another_replica_joins_and_answers_again(caller: Caller, journal):
    parameters = {"journal": str(journal), "to": 5, "pause": 0.1}
    location = caller.act("count", parameters, idempotency_key="k", prefer="wait=0").headers["Location"]

    with serve(worker) as url, Caller(url) as replica:
        joined = replica.act("count", parameters, idempotency_key="k", prefer="wait=0")
        waited = replica.act("count", parameters, idempotency_key="k", prefer="wait=20")

    assert (joined.status_code, joined.headers["Location"]) == (202, location)
    assert waited.json()["result"] == {"done": 5}
    assert journal.read_text().split() == ["start", "end"]


def test_a_call_whose_owner_is_alive_elsewhere_is_left_to_it(caller: Caller, journal):
    record = make_record({"journal": str(journal)})

    answer = caller.act("count", {"journal": str(journal)}, idempotency_key="k", prefer="wait=0")

    assert (answer.status_code, answer.json()["id"]) == (202, str(record.id))
    assert not journal.exists()


def test_a_call_whose_owner_is_silent_is_told_as_lost_and_taken_over(caller: Caller, journal):
    record = make_record({"journal": str(journal)}, age=DEAD_AFTER * 1.5)

    state = caller.get(f"/operations/{record.id}").json()
    answer = caller.act("count", {"journal": str(journal)}, idempotency_key="k", concord_attempt="2")

    assert (state["status"], state["retryable"]) == ("failed", True)
    assert (answer.json()["status"], answer.json()["id"]) == ("completed", str(record.id))
    assert journal.read_text().split() == ["start", "end"]


def test_a_lost_call_is_cancelled_at_once(caller: Caller):
    record = make_record({}, age=DEAD_AFTER * 1.5)

    answer = caller.delete(f"/operations/{record.id}")

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


def test_a_lost_call_is_taken_over_by_one_of_many(caller: Caller, journal):
    parameters = {"journal": str(journal), "to": 3, "pause": 0.05}
    make_record(parameters, age=DEAD_AFTER * 2)

    def act(number: int) -> int:
        return caller.act("count", parameters, idempotency_key="k", prefer="wait=20").status_code

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(act, range(5))) == [200] * 5
    assert journal.read_text().split() == ["start", "end"]


def test_a_run_that_was_taken_over_changes_nothing_and_says_so(caller: Caller, journal):
    parameters = {"journal": str(journal), "to": 6, "pause": 0.05}
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(caller.act, "count", parameters, idempotency_key="k", prefer="wait=20")
        while not (journal.exists() and "start" in journal.read_text()):
            assert not running.done()
        CallRecord.objects.update(run=uuid.uuid4(), owner="elsewhere:1#new", attempt=2)
        answer = running.result()

    assert answer.status_code == 409
    record = CallRecord.objects.get()
    assert (record.status, record.owner, record.result) == ("running", "elsewhere:1#new", "")


def test_records_are_kept_for_a_week(caller: Caller, journal):
    old = make_record({}, key="old", status="completed", age=KEPT_FOR + timedelta(hours=1))
    recent = make_record({}, key="recent", status="completed", age=KEPT_FOR - timedelta(hours=1))

    delete_old()

    assert list(CallRecord.objects.values_list("key", flat=True)) == [recent.key]
    assert caller.get(f"/operations/{old.id}").status_code == 404
