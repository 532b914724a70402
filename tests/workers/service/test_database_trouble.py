"""A service whose database is away for a moment, or for longer."""

import pytest
from django.db import OperationalError, connections

from tests.serving import served
from tests.workers.service.conftest import Caller
from workers.models import CallRecord
from workers.service import calls, records

pytestmark = served


@pytest.fixture
def save_fails(monkeypatch: pytest.MonkeyPatch):
    """Let results not be saved for the given number of times."""
    save = records.finish
    monkeypatch.setattr(calls, "SAVING_PAUSES", (0.01, 0.01, 0.01))

    def fail(times: int) -> None:
        failures = iter(range(times))

        def finish(*arguments):
            if next(failures, None) is not None:
                raise OperationalError("away")
            return save(*arguments)

        monkeypatch.setattr(records, "finish", finish)

    return fail


def test_a_result_is_saved_when_the_database_is_back(caller: Caller, journal, save_fails):
    save_fails(2)

    answer = caller.act("count", {"journal": str(journal)}, idempotency_key="k")

    assert answer.status_code == 200
    assert CallRecord.objects.get().status == "completed"


def test_a_result_that_cannot_be_saved_is_no_result_and_the_call_may_run_again_at_once(
    caller: Caller, journal, save_fails
):
    save_fails(3)

    lost = caller.act("count", {"journal": str(journal)}, idempotency_key="k", concord_attempt="1")
    again = caller.act("count", {"journal": str(journal)}, idempotency_key="k", concord_attempt="2")

    assert (lost.status_code, lost.json()["retryable"]) == (503, True)
    assert (again.status_code, again.json()["id"]) == (200, lost.json()["id"])
    assert CallRecord.objects.get().status == "completed"
    assert journal.read_text().split() == ["start", "end"] * 2


def test_a_save_that_was_heard_only_by_the_database_counts(caller: Caller, journal, monkeypatch):
    save = records.finish
    heard: list[bool] = []

    def finish(*arguments):
        saved = save(*arguments)
        if not heard:
            heard.append(saved)
            raise OperationalError("the connection broke before the answer")
        return saved

    monkeypatch.setattr(records, "finish", finish)
    answer = caller.act("count", {"journal": str(journal)})

    assert (answer.status_code, answer.json()["result"]) == (200, {"done": 1})


@pytest.mark.usefixtures("dropped_connections")
def test_connections_that_the_database_closed_are_opened_again(caller: Caller):
    if connections["warehouse"].vendor != "postgresql":
        pytest.skip("SQLite closes no connections")
    caller.act("echo", {"text": "a"})
    with connections["warehouse"].cursor() as cursor:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s"
        cursor.execute(others, [connections["warehouse"].settings_dict["NAME"]])
        assert cursor.fetchall()

    assert caller.act("echo", {"text": "b"}).status_code == 200


def test_a_database_that_does_not_answer_makes_the_call_retryable(caller: Caller, monkeypatch):
    def claim(*arguments, **options):
        raise OperationalError("database is locked")

    monkeypatch.setattr(records, "claim", claim)
    answer = caller.act("echo", {"text": "a"})

    assert (answer.status_code, answer.json()["retryable"]) == (503, True)
    assert answer.json()["error"] == "the worker's database does not answer (OperationalError)"
    assert caller.get("/health").status_code == 200
