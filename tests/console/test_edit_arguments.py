"""Editing the arguments of steps in the console: the form, what it would change, and what is wrong in it."""

import json
import re

import pytest

from operations.models import Step
from operations.states import Reason, Status
from tests.console.editing import GIVEN, address, edit, make_failed, make_step, opened, previewed, resumed, words
from tests.console.typing import sent
from tests.make import make_escalation, make_operation

pytestmark = pytest.mark.usefixtures("workers")


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
