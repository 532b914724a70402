"""A reviewer's program may ask for another plan, with words, where there is a model to make one."""

from typing import Any

import pytest
from pytest_django import Settings

from escalations.models import Decision, Escalation
from operations.states import Reason, Status
from tests.api.conftest import Caller
from tests.make import make_escalation, make_operation


@pytest.fixture(autouse=True)
def model(settings: Settings) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"


def decide(rita: Caller, escalation: Escalation, reason: str = "Leave out Duval.") -> Any:
    body = {"decision": "replan", "reason": reason, "revision": escalation.revision, "decision_id": "d-1"}
    return rita.send(f"/escalations/{escalation.pk}/decide", body)


def test_the_operation_plans_again_with_the_words_and_the_question(rita: Caller) -> None:
    escalation = make_escalation(findings=[{"rule": "completeness"}], steps=["E2"])

    response = decide(rita, escalation)

    assert response.status_code == 200
    assert response.json()["operation_status"] == "planning"
    escalation.operation.refresh_from_db()
    assert escalation.operation.replan == {
        "words": "Leave out Duval.",
        "by": "rita",
        "reason": "low_confidence",
        "message": escalation.message,
        "findings": [{"rule": "completeness"}],
        "steps": ["E2"],
    }
    assert escalation.operation.events.get(kind="planning", actor="rita").message == (
        "rita asks for another plan: Leave out Duval."
    )
    assert escalation.operation.wake_at is not None


def test_words_are_needed(rita: Caller) -> None:
    response = decide(rita, make_escalation(), reason=" ")

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "reason"
    assert "what the new plan should do otherwise" in response.json()["detail"]
    assert not Decision.objects.exists()


@pytest.mark.parametrize("reason", [*Reason])
def test_it_is_offered_where_a_plan_is_what_is_wanting(rita: Caller, reason: str) -> None:
    escalation = make_escalation(reason=reason)

    offered = rita.get(f"/escalations/{escalation.pk}").json()["offered"]

    assert ("replan" in offered) == (reason not in (Reason.BUDGET_SPENT, Reason.NO_NEXT_STEP))


def test_it_is_not_offered_without_a_model(rita: Caller, settings: Settings) -> None:
    settings.OPENAI_BASE_URL = ""
    escalation = make_escalation()

    assert "replan" not in rita.get(f"/escalations/{escalation.pk}").json()["offered"]
    response = decide(rita, escalation)

    assert response.status_code == 422
    assert "'replan' is not offered here; choose one of approve, retry, edit, reject." in response.json()["detail"]


def test_it_is_not_offered_while_other_branches_still_run(rita: Caller) -> None:
    operation = make_operation(status=Status.EXECUTING)
    escalation = make_escalation(operation, reason=Reason.STEP_FAILED)

    assert "replan" not in rita.get(f"/escalations/{escalation.pk}").json()["offered"]
    assert decide(rita, escalation).status_code == 422
