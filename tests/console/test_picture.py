"""The plan as a picture, what steps rest on, how sure Concord is, and the history, on the pages of the console."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from operations.models import Operation
from operations.picture import picture_of
from operations.picture.layout import HEIGHT, WIDTH, lay_out
from operations.states import Reason, Status, StepStatus
from tests.make import make_escalation, make_operation

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])


def make_plan(branches: int = 5) -> Operation:
    """E1 finds files, E2 loads each (the last one failed), E3 counts what was loaded."""
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    done = {"status": StepStatus.COMPLETED, "worker": "w", "attempts": 1, "started_at": timezone.now()}
    operation.steps.create(step_id="E1", position=0, action="find", result={"files": list(range(branches))}, **done)
    template = {"worker": "w", "action": "load", "position": 1, "arguments": {"file": "#item"}}
    operation.steps.create(step_id="E2", for_each="#E1.files", status=StepStatus.RUNNING, **template)
    for at in range(branches):
        status = StepStatus.FAILED if at == branches - 1 else StepStatus.COMPLETED
        branch = {"template": "E2", "index": at, "item": at, "status": status, "result": {"rows": at}}
        operation.steps.create(step_id=f"E2[{at}]", **template, **branch)
    operation.steps.create(step_id="E3", position=2, worker="w", action="count", arguments={"rows": "#E2"})
    return operation


def words(response: Any) -> str:
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_many_branches_of_a_step_are_one_box_with_their_states() -> None:
    picture = picture_of(make_plan())

    assert picture
    assert [box.name for box in picture.boxes] == ["E1", "E2 \N{MULTIPLICATION SIGN} 5", "E3"]
    assert picture.boxes[1].note == "4 completed, 1 failed"
    assert picture.boxes[1].state == StepStatus.FAILED
    assert [box.x for box in picture.boxes] == sorted({box.x for box in picture.boxes})
    assert len(picture.curves) == 2


def test_few_branches_are_boxes_of_their_own_and_those_asked_about_are_marked() -> None:
    picture = picture_of(make_plan(2), ["E2[1]"])

    assert picture
    assert [box.name for box in picture.boxes] == ["E1", "E2[0]", "E2[1]", "E3"]
    assert [box.link for box in picture.boxes if box.is_marked] == ["E2[1]"]
    assert len(picture.curves) == 4
    assert "Asked about: E2[1]." in picture.summary


def test_a_plan_that_is_not_there_yet_has_no_picture() -> None:
    assert picture_of(make_operation()) is None


def test_lines_cross_no_boxes_and_what_goes_without_saying_is_not_drawn() -> None:
    laid = lay_out({"a": set(), "b": {"a"}, "c": {"b", "a"}, "d": {"c", "e"}, "e": set()})

    assert len(laid.lines) == 4  # a-b, b-c, c-d, e-d; that c needs a is said by a-b-c
    inside = [
        (x, y)
        for line in laid.lines
        for x, y in line
        for left, top in laid.boxes.values()
        if left < x < left + WIDTH and top < y < top + HEIGHT
    ]
    assert inside == []
    assert all(0 <= x <= laid.width - WIDTH and 0 <= y <= laid.height - HEIGHT for x, y in laid.boxes.values())


def test_steps_that_wait_for_each_other_are_drawn_all_the_same() -> None:
    assert len(lay_out({"a": {"b"}, "b": {"a"}, "c": {"a"}}).boxes) == 3


def test_the_page_of_a_step_shows_what_it_took_from_earlier_ones(rita: Client) -> None:
    operation = make_plan()
    operation.steps.filter(step_id="E3").update(arguments={"first": "#E2[1].rows", "files": "#E1.files", "all": "#E2"})

    page = words(rita.get(f"/console/operations/{operation.pk}/steps/E3"))

    assert re.search(r"first ← from #E2\[1\].rows 1 ", page)
    assert "#E1.files 0, 1, 2, 3, 4" in page
    assert "#E2 the list of all its results" in page
    template = words(rita.get(f"/console/operations/{operation.pk}/steps/E2"))
    assert "4 completed, 1 failed E2[4] Failed" in template


def test_the_confidence_names_what_lowers_it_most_and_the_threshold(rita: Client) -> None:
    signals = [
        {"name": "plan", "value": 1.0, "weight": 0.5, "words": "planned by rules"},
        {"name": "rejected_rows", "value": 0.2, "weight": 0.5, "words": "8 of 9 rows could not be used"},
    ]
    operation = make_operation(status=Status.ESCALATING)
    Operation.objects.filter(pk=operation.pk).update(confidence=signals, confidence_score=0.6)

    page = words(rita.get(f"/console/operations/{operation.pk}"))

    assert "60 %; 70 % is needed" in page
    assert "What lowers it most, by 40 of 40 points: 8 of 9 rows could not be used." in page


def test_a_failed_rule_leads_to_the_rows_that_broke_it(rita: Client) -> None:
    operation = make_operation(status=Status.ESCALATING)
    example = {"PARCEL_ID": "12-34", "OWN_NAME": "Jane Roe"}
    rule = {"rule": "nal.just-value", "severity": "error", "basis": "it is a number", "checked": 50, "violations": 6}
    result = {"rules": [rule | {"examples": [example]}], "rows_read": 50, "rows_quarantined": 2}
    result |= {"quarantine_reasons": {"wrong number of cells": 2}}
    operation.steps.create(step_id="E4", position=1, worker="data_quality", action="validate", result=result)
    finding = {"step": "E4", "rule": "every rule holds", "message": "broken should be empty"}
    escalation = make_escalation(operation, reason=Reason.RULE_FAILED, findings=[finding], steps=["E4"])

    page = words(rita.get(f"/console/escalations/{escalation.pk}"))

    assert "nal.just-value 6 of 50 rows break it" in page
    assert "12-34" in page
    assert "J\u2022\u2022\u2022" in page
    assert "Jane Roe" not in page.partition("Steps Step")[0]
    assert "2 of 50 rows were set aside" in page
    assert "wrong number of cells : 2" in page


def test_a_long_history_comes_in_pages_and_what_machines_do_is_folded(rita: Client) -> None:
    operation = make_operation()
    for number in range(5):
        operation.record("step_retry", f"attempt {number}")
    for number in range(105):
        operation.record("decision", f"remark {number}", actor="vera")
    page = f"/console/operations/{operation.pk}"

    first = rita.get(page)
    [before] = re.findall(r"\?before=(\d+)#", first.content.decode())
    second = words(rita.get(f"{page}?before={before}"))

    assert "remark 104" in words(first)
    assert "remark 4 " not in words(first)
    assert "vera decided remark 4 " in second
    assert "tries a step again 5 times" in second
