"""GET /performance/stuck, POST /operations/{id}/ring, POST /workers/{name}/reset: who may mend what went quiet."""

from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from operations.models import Operation
from operations.performance import stuck
from tests.api.conftest import Caller, caller
from tests.make import make_operation, make_reviewer
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db


def ago(**time: float) -> timedelta:
    return -timedelta(**time)


def make_stuck(owner: Caller, **fields: Any) -> Operation:
    """An operation that nobody has come for in two minutes. Fields that are times count from now on."""
    operation = make_operation(owner.row)
    now = timezone.now()
    told = {"wake_at": ago(minutes=2)} | fields
    moments = {name: now + value for name, value in told.items() if isinstance(value, timedelta)}
    Operation.objects.filter(pk=operation.pk).update(**(told | moments))
    operation.refresh_from_db()
    return operation


def found(mender: Caller) -> list[str]:
    return [one["operation_id"] for one in mender.get("/performance/stuck").json()["operations"]]


def make_tripped(failures: int = 7) -> None:
    now = timezone.now()
    away = {"failures": failures, "away_since": now - timedelta(minutes=1), "open_until": now + timedelta(seconds=5)}
    RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:1", **away)


def test_what_nobody_has_come_for_is_told(alice: Caller, mender: Caller) -> None:
    operation = make_stuck(alice)

    [told] = mender.get("/performance/stuck").json()["operations"]

    assert told.pop("seconds") == pytest.approx(120, abs=20)
    assert told == {
        "operation_id": operation.pk,
        "operation_type": "data_pipeline",
        "status": "planning",
        "due": True,
    }


def test_what_should_move_but_has_no_time_to_wake_at_comes_first(alice: Caller, mender: Caller) -> None:
    overdue = make_stuck(alice, wake_at=ago(hours=5))
    forgotten = make_stuck(alice, wake_at=None, updated_at=ago(minutes=2))

    assert found(mender) == [forgotten.pk, overdue.pk]


@pytest.mark.parametrize(
    "fields",
    [
        {"wake_at": ago(seconds=30)},
        {"wake_at": ago(seconds=-600)},
        {"lease_until": ago(seconds=-600)},
        {"lease_until": ago(seconds=30)},
        {"status": "escalating"},
        {"wake_at": None, "updated_at": ago(seconds=30)},
    ],
    ids=["just due", "due later", "held", "just let go", "waits for a person", "just changed"],
)
def test_what_is_not_stuck_is_not_told(alice: Caller, mender: Caller, fields: dict[str, object]) -> None:
    make_stuck(alice, **fields)

    assert found(mender) == []


def test_only_so_many_are_told(alice: Caller, mender: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stuck, "MOST", 1)
    make_stuck(alice)
    assert mender.get("/performance/stuck").json()["truncated"] is False

    make_stuck(alice)

    assert mender.get("/performance/stuck").json()["truncated"] is True
    assert len(found(mender)) == 1


@pytest.mark.django_db(transaction=True)
def test_ringing_rings_and_leaves_the_operation_as_it_is(alice: Caller, mender: Caller) -> None:
    operation = make_stuck(alice)
    queue = django_rq.get_queue(settings.QUEUE)
    queue.empty()

    response = mender.send(f"/operations/{operation.pk}/ring")

    assert response.status_code == 200
    assert response.json()["operation_id"] == operation.pk
    assert queue.count == 1
    rung = Operation.objects.get(pk=operation.pk)
    assert (rung.wake_at, rung.fence, rung.status) == (operation.wake_at, operation.fence, "planning")
    [event] = operation.events.filter(kind="rung")
    assert event.actor == "mender"


@pytest.mark.parametrize("wake_at", [None, ago(minutes=-10)], ids=["never", "later"])
def test_what_was_to_be_taken_up_later_or_never_is_due_at_once(
    alice: Caller, mender: Caller, wake_at: timedelta | None
) -> None:
    operation = make_stuck(alice, wake_at=wake_at)

    mender.send(f"/operations/{operation.pk}/ring")

    assert Operation.objects.ready(timezone.now()).filter(pk=operation.pk).exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"status": "completed"}, "is completed"), ({"lease_until": ago(minutes=-1)}, "in its hands")],
)
def test_what_does_not_move_or_is_held_is_a_conflict(
    alice: Caller, mender: Caller, fields: dict[str, object], words: str
) -> None:
    operation = make_stuck(alice, **fields)

    response = mender.send(f"/operations/{operation.pk}/ring")

    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    assert words in response.json()["detail"]
    assert not operation.events.filter(kind="rung").exists()


def test_others_operations_take_the_right_to_see_them(alice: Caller) -> None:
    operation = make_stuck(alice)

    assert caller("mend").send(f"/operations/{operation.pk}/ring").status_code == 404


def test_a_circuit_is_closed_as_it_was_seen(mender: Caller) -> None:
    make_tripped(7)
    [seen] = mender.get("/workers").json()["results"]

    response = mender.send("/workers/plant/reset", {"failures": seen["failures"]})

    assert response.status_code == 200
    assert (response.json()["failures"], response.json()["open_until"]) == (0, None)
    row = RegisteredWorker.objects.get()
    assert (row.failures, row.away_since, row.open_until) == (0, None, None)


def test_a_circuit_that_changed_since_is_left_alone(mender: Caller) -> None:
    make_tripped(8)

    response = mender.send("/workers/plant/reset", {"failures": 7})

    assert response.status_code == 409
    assert "7 failed calls" in response.json()["detail"]
    assert RegisteredWorker.objects.get().failures == 8


@pytest.mark.parametrize("body", [{}, {"failures": 0}, {"failures": "7"}, {"failures": 7, "force": True}])
def test_a_reset_says_what_was_seen(mender: Caller, body: dict[str, object]) -> None:
    make_tripped()

    assert mender.send("/workers/plant/reset", body).status_code == 400
    assert RegisteredWorker.objects.get().failures == 7


def test_mending_takes_its_own_scope(alice: Caller, admin: Caller, rita: Caller, eve: Caller) -> None:
    make_tripped()
    paths = [f"/operations/{make_stuck(alice).pk}/ring", "/workers/plant/reset"]

    for path in paths:
        refused = [who.send(path, {"failures": 7}) for who in (alice, rita, admin)]
        assert [response.status_code for response in refused] == [403, 403, 403]
        assert '"mend"' in refused[0].json()["detail"]
        assert eve.send(path, {"failures": 7}).status_code == 401
    assert RegisteredWorker.objects.get().failures == 7
    assert eve.get("/performance/stuck").status_code == 401
    assert "read_all" in caller("mend").get("/performance/stuck").json()["detail"]


def test_mending_gives_no_right_to_decide_or_to_change_the_registry(mender: Caller) -> None:
    make_tripped()

    changes = mender.patch("/workers/plant", {"enabled": False}, content_type="application/json")

    assert changes.status_code == 403
    assert mender.delete("/workers/plant").status_code == 403


def test_a_reviewer_may_mend(alice: Caller) -> None:
    client = Client()
    client.force_login(make_reviewer())

    assert client.post(f"/operations/{make_stuck(alice).pk}/ring").status_code == 200
    assert client.post("/workers/none/reset", {"failures": 1}, content_type="application/json").status_code == 404
