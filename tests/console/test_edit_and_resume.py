"""Editing the arguments of steps in the console: the form, what it changes, and resuming with it."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from escalations.models import Decision, Escalation
from operations.models import Operation, Step
from operations.states import Reason, Status, StepStatus
from tests.console.typing import Fields, sent
from tests.make import make_escalation, make_operation, make_person
from tests.operations import plant
from workers import florida_data
from workers.models import RegisteredWorker


@pytest.fixture
def workers(db: None) -> None:
    """The test worker and that of the rolls, as they once described themselves."""
    for worker in (plant.worker, florida_data.worker):
        RegisteredWorker.objects.create(name=worker.name, url="http://127.0.0.1:9", manifest=worker.manifest())


pytestmark = pytest.mark.usefixtures("workers")


def make_step(operation: Operation, step_id: str, action: str, **fields: Any) -> Step:
    fields = {"worker": "plant", "position": int(step_id[1:])} | fields
    return operation.steps.create(step_id=step_id, action=action, **fields)


def make_failed(**fields: Any) -> Escalation:
    """E1 is done, E2 (which goes by it) failed, E3 needs E2, E4 is done and needs nothing."""
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    make_step(operation, "E1", "numbers", arguments={"upto": 2}, status="completed", result={"numbers": [1, 2]})
    make_step(operation, "E2", "judge", arguments={"value": "#E1.numbers.1"}, status="failed", error="it is too much")
    make_step(operation, "E3", "double", arguments={"value": "#E2.value"})
    make_step(operation, "E4", "say", arguments={"text": "05"}, status="completed", result={"text": "05"})
    given = {"reason": Reason.STEP_FAILED, "message": "E2 failed", "steps": ["E2"]}
    return make_escalation(operation, **given | fields)


def address(escalation: Escalation, more: str = "") -> str:
    return f"/console/escalations/{escalation.pk}/edit{more}"


def opened(browser: Client, escalation: Escalation, query: str = "") -> str:
    return browser.get(address(escalation, query)).content.decode()


def previewed(browser: Client, escalation: Escalation, form: Fields, status: int = 200) -> str:
    response = browser.post(address(escalation, "/preview"), form)
    page = response.content.decode()
    assert response.status_code == status, words(page)
    return page


def resumed(browser: Client, escalation: Escalation, page: str, **typed: str) -> Any:
    return browser.post(address(escalation, "/resume"), sent(page, "edit", **typed))


def words(page: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split()))


def edit(browser: Client, escalation: Escalation, query: str = "", **typed: str) -> str:
    """The page with what ``typed`` would change."""
    return previewed(browser, escalation, sent(opened(browser, escalation, query), "edit", **typed))


GIVEN = {"E2/limit as": "value", "E2/limit integer": "9"}


def test_the_concerned_step_has_a_form_and_others_can_be_added(rita):
    escalation = make_failed()

    page = opened(rita, escalation)
    assert sent(page, "edit")["step"] == ["E2"]
    assert "left out (then 4)" in page
    assert "it is too much" in page
    assert "#E1.numbers.1" in page
    assert re.search(r"is now</summary>\s*<pre[^>]*>2</pre>", page), "what the reference leads to now"

    form = sent(page, "edit", add="E4", choose="on", **GIVEN)
    page = previewed(rita, escalation, form)
    again = sent(page, "edit")
    assert again["step"] == ["E4", "E2"]
    assert again["E2/limit integer"] == ["9"], "what was typed is kept"
    assert again["E4/text text"] == ["05"]

    form = again | {"without": ["E2"]}
    assert sent(previewed(rita, escalation, form), "edit")["step"] == ["E4"]


def test_steps_can_be_named_in_the_address(rita):
    assert sent(opened(rita, make_failed(), "?step=E4&step=E3&step=E99"), "edit")["step"] == ["E4", "E3"]


def test_what_changes_is_shown_before_anything_resumes(rita):
    escalation = make_failed()

    page = edit(rita, escalation, **GIVEN)

    said = words(page)
    assert "+ limit added After 9 whole number" in said
    assert "Runs again E2, E3 Keeps E1, E4" in said
    assert "Resume with this" in said
    assert not escalation.decisions.exists()
    escalation.operation.refresh_from_db()
    assert escalation.operation.status == Status.ESCALATING


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


def test_types_are_kept(rita):
    escalation = make_failed()
    form = sent(opened(rita, escalation, "?step=E2&step=E4"), "edit", **GIVEN)
    form |= {"E4/text text": ["5"], "E2/value as": ["value"], "E2/value integer": ["5"]}

    page = previewed(rita, escalation, form)
    assert '≠ text changed Before "05" text After "5" text' in words(page)
    assert '≠ value changed Before "#E1.numbers.1" text After 5 whole number' in words(page)

    resumed(rita, escalation, page)
    assert escalation.decisions.get().edits == {"E2": {"value": 5, "limit": 9}, "E4": {"text": "5"}}


def test_a_value_becomes_a_reference_and_back(rita):
    escalation = make_failed()
    opens = sent(opened(rita, escalation), "edit")
    assert opens["E2/value as"] == ["reference"]
    assert opens["E2/value integer"] == ["2"], "the value that it has now stands ready"

    page = edit(rita, escalation, **{"E2/value as": "value"})
    assert sent(page, "edit")["E2/value reference"] == ["#E1.numbers.1"], "and so does the reference"
    back = previewed(rita, escalation, sent(page, "edit", **{"E2/value as": "reference"} | GIVEN))
    assert "value changed" not in words(back)


def test_only_steps_that_are_changed_are_sent(rita):
    escalation = make_failed()

    resumed(rita, escalation, edit(rita, escalation, "?step=E1&step=E2&step=E4", **GIVEN))

    assert list(escalation.decisions.get().edits) == ["E2"]


def test_without_any_change_nothing_resumes(rita):
    escalation = make_failed()

    page = previewed(rita, escalation, sent(opened(rita, escalation), "edit"), 422)

    assert "Nothing is changed." in words(page)
    assert 'id="resume"' not in page


@pytest.mark.parametrize(
    ("typed", "problems"),
    [
        ({"E2/limit as": "value", "E2/limit integer": "many"}, ["Write a whole number, such as 5."]),
        ({"E2/value as": "value", "E2/value integer": ""}, ["E2 value : Write a whole number, such as 5."]),
        ({"E2/value as": "reference", "E2/value reference": "#E9"}, ["#E9: there is no step E9."]),
        ({"E2/value as": "reference", "E2/value reference": "#E3.value"}, ["#E3: E3 itself waits for E2."]),
        ({"E2/value as": "reference", "E2/value reference": "#E2.value"}, ["#E2: E2 itself waits for E2."]),
        ({"E2/value as": "reference", "E2/value reference": "#E1.rows"}, ["the result of E1 has no 'rows'"]),
        ({"E2/value as": "reference", "E2/value reference": "#item"}, ["only in a step that goes over a list"]),
        ({"E2/value as": "reference", "E2/value reference": "E1"}, ["Write a reference to an earlier step"]),
    ],
)
def test_all_that_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(rita, typed, problems):
    escalation = make_failed()

    form = sent(opened(rita, escalation), "edit", reason="half a sentence", **typed)
    page = previewed(rita, escalation, form, 422)

    for problem in problems:
        assert problem in words(page)
    kept = sent(page, "edit")
    assert {name: kept[name][0] for name in typed} == typed
    assert kept["reason"] == ["half a sentence"]
    assert 'aria-invalid="true"' in page
    assert resumed(rita, escalation, page).status_code == 422
    assert not escalation.decisions.exists()


def test_an_argument_that_is_needed_is_asked_for(rita):
    escalation = make_failed()
    escalation.operation.steps.filter(step_id="E3").update(arguments={"extra": 1})

    form = sent(opened(rita, escalation, "?step=E3"), "edit", **{"E3/extra json": "2"})
    page = previewed(rita, escalation, form, 422)

    assert "E3 value : It is needed." in words(page)
    assert "E3 extra : There is no such argument. Leave it out." in words(page)


def test_every_problem_is_told_at_once(rita):
    escalation = make_failed()
    typed = {"E2/limit as": "value", "E2/limit integer": "many", "E3/value as": "value", "E3/value integer": ""}

    form = sent(opened(rita, escalation, "?step=E2&step=E3"), "edit", **typed)

    assert "Not yet: 2 to mend" in words(previewed(rita, escalation, form, 422))


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


def test_what_the_error_proposes_stands_ready(rita):
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    error = 'The header has drifted. If that is right, run it again with the argument mapping: {"EXTRA": ""}.'
    make_step(operation, "E1", "process", worker="florida_data", arguments={"download": "#item"}, status="failed")
    operation.steps.update(error=error, template="E0", item={"label": "x"})
    escalation = make_escalation(operation, reason=Reason.STEP_FAILED, steps=["E1"])

    page = edit(rita, escalation, **{"E1/mapping as": "value"})

    assert "The error proposes a value for mapping" in words(page)
    assert '+ mapping added After { "EXTRA": "" } object' in words(page)


def test_of_an_unknown_worker_all_arguments_are_json_and_nothing_resumes_unchecked(rita):
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    make_step(operation, "E1", "dig", worker="gone", arguments={"depth": 5, "name": "05"}, status="failed")
    escalation = make_escalation(operation, reason=Reason.STEP_FAILED, steps=["E1"])

    page = opened(rita, escalation)
    assert json.loads(sent(page, "edit")["E1 json"][0]) == {"depth": 5, "name": "05"}
    assert "there is no worker 'gone'" in words(page)

    broken = previewed(rita, escalation, sent(page, "edit", **{"E1 json": '{"depth": 6,\n}'}), 422)
    assert "Line 2, column 1" in words(broken)
    unknown = previewed(rita, escalation, sent(page, "edit", **{"E1 json": '{"depth": 6}'}), 422)
    assert "there is no worker 'gone'" in words(unknown)


def test_it_is_offered_on_the_page_only_where_an_edit_makes_sense(rita):
    link = "/edit"
    failed, bad = make_failed(), make_escalation(make_operation(status=Status.ESCALATING), reason=Reason.BAD_PLAN)

    assert f"{failed.pk}{link}" in rita.get(f"/console/escalations/{failed.pk}").content.decode()
    assert f"{bad.pk}{link}" not in rita.get(f"/console/escalations/{bad.pk}").content.decode()
    assert rita.get(address(bad)).status_code == 302


def test_who_may_not_decide_may_not_edit(rita, client):
    escalation = make_failed()
    assert client.get(address(escalation)).status_code == 302
    client.force_login(make_person(is_staff=True))
    assert client.get(address(escalation)).status_code == 403
    assert client.post(address(escalation, "/resume")).status_code == 403
    assert rita.get("/console/escalations/none/edit").status_code == 404
    assert rita.get(address(escalation, "/resume")).status_code == 405


def test_hostile_arguments_are_shown_harmlessly_and_come_back(rita):
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202egnirts'
    escalation = make_failed(message=hostile)
    arguments = {"text": hostile, hostile: [hostile], "big": "x" * 1_000_000}
    escalation.operation.steps.filter(step_id="E4").update(arguments=arguments, label=hostile)

    page = opened(rita, escalation, "?step=E4")

    assert len(page) < 60_000
    for text in (page, previewed(rita, escalation, sent(page, "edit", **{"E4/big as": "out"}), 422)):
        assert "<img" not in text.replace('<img src="/static/concord.svg"', "")
        assert "<script>" not in text
        assert "\u202e" not in text
    assert "Nothing is changed." in words(previewed(rita, escalation, sent(page, "edit"), 422))


def test_it_takes_as_many_queries_for_many_steps_as_for_one(rita, django_assert_max_num_queries):
    escalation = make_failed()
    Step.objects.bulk_create(
        Step(operation=escalation.operation, step_id=f"E{n}", position=n, worker="plant", action="double")
        for n in range(10, 3000)
    )
    query = "?" + "&".join(f"step=E{n}" for n in (1, 2, 3, 4, 10, 11, 12, 13))

    with django_assert_max_num_queries(25):
        page = opened(rita, escalation, query)

    assert len(page) < 120_000
