"""Resuming with edited arguments: what runs again, and what happens where another was quicker."""

import pytest

from escalations.models import Decision, Escalation
from operations.models import Step
from operations.states import Reason, Status, StepStatus
from tests.console.editing import GIVEN, address, edit, make_failed, make_step, resumed, words
from tests.console.typing import sent
from tests.make import make_auditor, make_escalation, make_operation

pytestmark = pytest.mark.usefixtures("workers")


def test_resuming_changes_the_arguments_and_runs_only_what_is_concerned(rita):
    escalation = make_failed()

    response = resumed(rita, escalation, edit(rita, escalation, **GIVEN), reason="the limit was wrong")

    assert response.status_code == 302, words(response.content.decode())
    decision = escalation.decisions.get()
    assert (decision.decision, decision.reason, decision.decided_by) == ("edit", "the limit was wrong", "rita")
    assert decision.edits == {"E2": {"value": "#E1.numbers.1", "limit": 9}}
    assert decision.effect["before"] == {"E2": {"value": "#E1.numbers.1"}}
    steps = {step.step_id: (step.status, step.run) for step in escalation.operation.steps.all()}
    assert steps == {"E1": ("completed", 1), "E2": ("pending", 2), "E3": ("pending", 2), "E4": ("completed", 1)}
    assert escalation.operation.steps.get(step_id="E2").arguments["limit"] == 9


def test_the_history_shows_what_was_edited(rita):
    escalation = make_failed()
    resumed(rita, escalation, edit(rita, escalation, **GIVEN))
    Step.objects.filter(step_id="E2").update(arguments={"value": 7})  # whatever became of them later

    page = rita.get(f"/console/escalations/{escalation.pk}").content.decode()

    assert "E2 + limit added After 9 whole number" in words(page)


def test_only_steps_that_are_changed_are_sent(rita):
    escalation = make_failed()

    resumed(rita, escalation, edit(rita, escalation, "?step=E1&step=E2&step=E4", **GIVEN))

    assert list(escalation.decisions.get().edits) == ["E2"]


def test_what_was_not_shown_does_not_resume(rita):
    escalation = make_failed()
    page = edit(rita, escalation, **GIVEN)

    late = resumed(rita, escalation, page, **{"E2/limit integer": "10"})

    assert late.status_code == 409
    assert "not the changes that were shown" in late.content.decode()
    assert "After 10 whole number" in words(late.content.decode())
    assert resumed(rita, escalation, late.content.decode()).status_code == 302
    assert escalation.decisions.get().edits["E2"]["limit"] == 10


def test_old_news_are_refused_with_what_happened_since_and_what_was_typed(rita):
    escalation = make_failed()
    page = edit(rita, escalation, **GIVEN)
    escalation.operation.record("note", "E5 failed as well")
    Escalation.objects.filter(pk=escalation.pk).update(revision=2)
    escalation.operation.steps.filter(step_id="E2").update(arguments={"value": 3})

    late = resumed(rita, escalation, page)

    text = late.content.decode()
    assert late.status_code == 409
    assert "It has changed since you read it (revision 2, not 1)." in words(text)
    assert "Its arguments were changed since you opened this." in words(text)
    kept = sent(text, "edit")
    assert kept["E2/limit integer"] == ["9"]
    assert kept["revision"] == ["2"]
    assert not escalation.decisions.exists()


def test_what_happened_since_the_page_was_opened_is_told(rita):
    escalation = make_failed()
    page = edit(rita, escalation, **GIVEN)
    escalation.operation.record("note", "E5 failed as well")
    Escalation.objects.filter(pk=escalation.pk).update(revision=2)

    late = resumed(rita, escalation, page)

    assert late.status_code == 409
    said = words(late.content.decode())
    assert "Since you opened this" in said
    assert "E5 failed as well" in said
    assert "+ limit added After 9 whole number" in said
    assert resumed(rita, escalation, late.content.decode()).status_code == 302


def test_who_comes_second_sees_who_was_quicker_and_keeps_what_he_typed(rita, bob):
    escalation = make_failed()
    late = edit(bob, escalation, **GIVEN)
    resumed(rita, escalation, edit(rita, escalation, **GIVEN))

    response = resumed(bob, escalation, late, reason="mine")

    page = response.content.decode()
    assert response.status_code == 409
    assert "rita was quicker: edit and resume." in words(page)
    assert sent(page, "edit")["reason"] == ["mine"]
    assert 'id="resume"' not in page
    assert [str(decision) for decision in escalation.decisions.all()] == ["edit by rita"]


def test_a_double_click_is_one_decision(rita):
    escalation = make_failed()
    page = edit(rita, escalation, **GIVEN)

    first, second = resumed(rita, escalation, page), resumed(rita, escalation, page)

    assert (first.status_code, second.status_code) == (302, 302)
    assert Decision.objects.count() == 1


def test_anothers_claim_is_respected_unless_taken_over(rita, bob):
    escalation = make_failed()
    rita.post(f"/console/escalations/{escalation.pk}/claim")

    page = edit(bob, escalation, **GIVEN)
    assert "rita is at it until" in words(page)
    refused = resumed(bob, escalation, page)
    assert refused.status_code == 409
    assert resumed(bob, escalation, refused.content.decode(), take_over="on").status_code == 302


def test_it_can_be_taken_back_as_other_decisions_can(rita, settings):
    settings.UNDO_SECONDS = 5
    escalation = make_failed()

    resumed(rita, escalation, edit(rita, escalation, **GIVEN))

    assert escalation.operation.steps.get(step_id="E2").arguments == {"value": "#E1.numbers.1"}
    assert rita.post(f"/console/escalations/{escalation.pk}/undo").status_code == 302
    escalation.refresh_from_db()
    assert escalation.status == "open"


def test_other_steps_that_failed_run_again_as_they_are(rita):
    escalation = make_failed(steps=["E2", "E4"])
    escalation.operation.steps.filter(step_id="E4").update(status=StepStatus.FAILED, result=None)

    page = edit(rita, escalation, **GIVEN)
    assert "Runs again E2, E3, E4 Keeps E1" in words(page)

    resumed(rita, escalation, page)
    assert escalation.operation.steps.get(step_id="E4").status == StepStatus.PENDING


def test_an_action_that_destroys_waits_for_an_approval_of_its_own(rita):
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    make_step(operation, "E1", "wipe", arguments={"journal": "/tmp/x", "table": "old"}, status="awaiting_approval")
    escalation = make_escalation(operation, reason=Reason.APPROVAL_NEEDED, steps=["E1"])

    page = edit(rita, escalation, **{"E1/table text": "older"})

    assert "with these arguments it waits for an approval of its own" in words(page)
    resumed(rita, escalation, page)
    step = operation.steps.get()
    assert (step.status, step.approved_digest, step.arguments["table"]) == ("pending", "", "older")


def test_who_may_not_decide_may_not_edit(rita, client):
    escalation = make_failed()
    assert client.get(address(escalation)).status_code == 302
    client.force_login(make_auditor())
    assert client.get(address(escalation)).status_code == 403
    assert client.post(address(escalation, "/resume")).status_code == 403
    assert rita.get("/console/escalations/none/edit").status_code == 404
    assert rita.get(address(escalation, "/resume")).status_code == 405
