"""The head of an operation's page: its phases, how far it is, and what a person may do with it."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from operations.models import Operation
from operations.states import Status, StepStatus
from tests.console.test_operations_list import make_running
from tests.make import make_auditor, make_operation

LIST = "/console/operations"


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def page_of(browser: Client, operation: Operation) -> str:
    return browser.get(f"{LIST}/{operation.pk}").content.decode()


def phases(page: str) -> str:
    return words(page[page.index('<ol class="phases"') : page.index("</ol>", page.index('<ol class="phases"'))])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Planning now Executing still to come Validating still to come Completed still to come"),
        (
            {"status": Status.EXECUTING, "plan_version": 1},
            "Planning done Executing now Validating still to come Completed still to come",
        ),
        ({"status": Status.COMPLETED}, "Planning done Executing done Validating done Completed done"),
        (
            {"status": Status.FAILED, "plan_version": 1},
            "Planning done Executing stopped here Validating still to come Completed still to come",
        ),
        (
            {"status": Status.ESCALATING, "plan_version": 1, "result": {}},
            "Planning done Executing done Validating waits for a person Completed still to come",
        ),
        (
            {"status": Status.COMPLETED, "parameters": {"counties": "all", "plan_only": True}},
            "Planning done Completed done",
        ),
    ],
)
def test_the_phases_say_where_it_is(rita: Client, fields: dict[str, Any], told: str) -> None:
    assert phases(page_of(rita, make_operation(**fields))) == told


def test_a_running_operation_shows_how_far_it_is_and_how_long_the_rest_may_take(rita: Client) -> None:
    operation = make_running(steps=4, done=1)
    now = timezone.now()
    Operation.objects.filter(pk=operation.pk).update(
        started_at=now - timedelta(seconds=20), deadline_at=now + timedelta(seconds=100)
    )
    operation.steps.filter(status=StepStatus.RUNNING).update(progress={"done": 4, "total": 4})

    page = words(page_of(rita, operation))

    assert "1 of 4 steps about 20.0 s left time limit in 1 min 4" in page or "1 of 4 steps about 2" in page
    assert "Now: upload Duval NAL" in page


def test_progress_that_makes_no_sense_breaks_nothing(rita: Client) -> None:
    for nonsense in ([1], {"done": "x", "total": 3}, {"done": 5, "total": 0}, {"done": -4, "total": 2}, "half", 7):
        operation = make_running()
        operation.steps.update(progress=nonsense)
        assert "1 of 4 steps" in words(rita.get(LIST).content.decode())


def test_cancelling_is_asked_twice_and_says_what_is_lost(rita: Client) -> None:
    operation = make_running(steps=5, done=2)

    page = page_of(rita, operation)

    sure = page[page.index('id="cancelling"') : page.index("</details>", page.index('id="cancelling"'))]
    assert "Stops upload Duval NAL ; what it has done so far is lost." in words(sure)
    assert "2 steps will not begin; the results of 2 finished steps are kept." in words(sure)
    assert f'action="{LIST}/{operation.pk}/cancel"' in sure


def test_who_may_only_look_is_offered_nothing_to_do(db: None) -> None:
    browser = Client()
    browser.force_login(make_auditor("sam"))

    page = page_of(browser, make_running())

    assert 'id="cancelling"' not in page
    assert 'id="clone"' not in page


def test_retrying_says_what_is_kept(rita: Client) -> None:
    operation = make_running(steps=5, done=3)
    Operation.objects.filter(pk=operation.pk).update(status=Status.FAILED)

    assert "Keeps 3 finished steps and runs the others." in words(page_of(rita, operation))
