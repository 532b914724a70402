"""A reviewer may ask for another plan in the console, with words of his own."""

import pytest
from django.test import Client
from pytest_django import Settings

from operations.states import Status
from tests.console.test_decide import decide, hidden, make_failed, offered, read


@pytest.fixture(autouse=True)
def model(settings: Settings) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"


def test_the_page_offers_it_and_says_what_it_does(rita: Client) -> None:
    page, _ = read(rita, make_failed())

    assert offered(page) == ["retry", "approve", "replan", "reject"]
    assert "Plan anew" in page
    assert "What stays in the plan keeps its result." in page


def test_it_goes_by_the_words(rita: Client) -> None:
    escalation = make_failed()
    _, form = read(rita, escalation)

    assert decide(rita, escalation, "replan", form, reason="Take the rolls of 2024.").status_code == 302

    escalation.operation.refresh_from_db()
    assert escalation.operation.status == Status.PLANNING
    assert escalation.operation.replan is not None
    assert escalation.operation.replan["words"] == "Take the rolls of 2024."
    states = dict(escalation.operation.steps.values_list("step_id", "status"))
    assert states == {"E1": "completed", "E2": "failed", "E3": "pending"}


def test_without_words_it_is_not_done_and_says_what_is_missing(rita: Client) -> None:
    escalation = make_failed()
    _, form = read(rita, escalation)

    response = decide(rita, escalation, "replan", form, reason=" ")

    assert response.status_code == 422
    assert "Say what the new plan should do otherwise" in response.content.decode()
    assert not escalation.decisions.exists()
    assert decide(rita, escalation, "replan", hidden(response.content.decode()), reason="2024").status_code == 302


def test_without_a_model_it_is_not_offered(rita: Client, settings: Settings) -> None:
    settings.OPENAI_BASE_URL = ""

    page, _ = read(rita, make_failed())

    assert "replan" not in offered(page)
