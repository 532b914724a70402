"""GET /operations/{id} and its events."""

from typing import Any

import pytest

from operations.models import Step
from operations.states import Status
from tests.api.conftest import Caller
from tests.make import make_operation

pytestmark = pytest.mark.django_db


def test_it_is_shown_with_its_steps_in_three_queries(alice: Caller, django_assert_num_queries: Any) -> None:
    operation = make_operation(alice.row)
    for number in range(5):
        Step.objects.create(
            operation=operation, step_id=f"E{number}", position=number, worker="florida_data", action="download"
        )
    alice.get("/operations")

    with django_assert_num_queries(3):  # the key, the operation, its steps
        shown = alice.get(f"/operations/{operation.pk}").json()

    assert [step["id"] for step in shown["steps"]] == ["E0", "E1", "E2", "E3", "E4"]
    assert shown["parameters"] == {"counties": ["Broward"]}
    assert alice.get(shown["links"]["self"]).json()["operation_id"] == operation.pk


def test_its_events_are_told_in_order(alice: Caller) -> None:
    operation = make_operation(alice.row)
    operation.move_to(Status.EXECUTING, "Planned by the rules")
    operation.move_to(Status.FAILED, "It broke")

    first = alice.get(f"/operations/{operation.pk}/events?limit=2").json()
    second = alice.get(first["next"]).json()

    told = [(event["kind"], event["message"]) for event in first["results"] + second["results"]]
    assert told == [("planning", "Received"), ("executing", "Planned by the rules"), ("failed", "It broke")]
    assert second["next"] is None


def test_an_unknown_one_is_404(alice: Caller) -> None:
    response = alice.get("/operations/op-20261123-000000-00000000")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["instance"] == "/operations/op-20261123-000000-00000000"
