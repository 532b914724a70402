"""POST /operations/{id}/cancel and /retry."""

from unittest.mock import patch

import pytest

from operations import acts
from operations.models import Operation
from tests.api.conftest import Caller
from tests.make import make_operation

pytestmark = pytest.mark.django_db


def test_cancel_stops_it_and_says_who_did(alice: Caller) -> None:
    operation = make_operation(alice.row)

    response = alice.send(f"/operations/{operation.pk}/cancel")

    assert response.status_code == 200
    assert response.json()["status"] == "cancelled"
    assert [event.actor for event in operation.events.all()][-1] == "alice"


def test_what_has_ended_cannot_be_cancelled(alice: Caller) -> None:
    operation = make_operation(alice.row)
    alice.send(f"/operations/{operation.pk}/cancel")

    response = alice.send(f"/operations/{operation.pk}/cancel")

    assert response.status_code == 409
    assert "cancelled" in response.json()["detail"]
    assert operation.events.count() == 2


def test_retry_takes_a_cancelled_one_up_again(alice: Caller) -> None:
    operation = make_operation(alice.row)
    alice.send(f"/operations/{operation.pk}/cancel")

    response = alice.send(f"/operations/{operation.pk}/retry")

    assert response.status_code == 200
    assert response.json()["status"] == "planning"


def test_what_is_at_work_cannot_be_retried(alice: Caller) -> None:
    operation = make_operation(alice.row)

    assert alice.send(f"/operations/{operation.pk}/retry").status_code == 409


def test_cancel_looks_again_where_a_queue_worker_was_quicker(alice: Caller) -> None:
    operation = make_operation(alice.row)
    cancel = acts.cancel
    reads = []

    def interfere(read: Operation, *, actor: str) -> None:
        reads.append(read.fence)
        if len(reads) == 1:  # a queue worker claims it between the reading and the writing
            assert Operation.objects.claim_next("somebody")
        cancel(read, actor=actor)

    with patch("operations.acts.cancel", interfere):
        response = alice.send(f"/operations/{operation.pk}/cancel")

    assert response.status_code == 200
    assert len(reads) == 2
    assert Operation.objects.get().status == "cancelled"


@pytest.mark.parametrize("act", ["cancel", "retry"])
def test_acts_are_posts(alice: Caller, act: str) -> None:
    operation = make_operation(alice.row)

    response = alice.get(f"/operations/{operation.pk}/{act}")

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert response.headers["Content-Type"] == "application/problem+json"
