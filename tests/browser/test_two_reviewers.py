"""Two reviewers in two browsers: each sees what the other is at and decides, in the queue and on the page."""

from datetime import timedelta

import pytest
from django.utils import timezone
from selenium.webdriver.common.by import By

from escalations.deciding.decisions import Answer, decide
from escalations.deciding.undo import undo
from escalations.models import Decision, Kind
from operations import live
from tests.browser.conftest import CHROMIUM, DRIVER, until
from tests.browser.test_console import make_failed
from tests.make import make_escalation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

QUEUE = "/console/escalations"


def open_page(browser, path: str) -> None:
    live.announcer.flush()
    browser.open(path)
    browser.is_connected()


def at_it(browser, escalation) -> str:
    """Who is at it, or decided it, as the queue says."""
    return browser.text(f"#at-{escalation.pk}").strip()


def test_the_open_queue_shows_who_is_at_what_and_who_decided(rita, bob):
    escalation, other = make_failed(), make_escalation(message="the other")
    open_page(rita, QUEUE)
    open_page(bob, f"{QUEUE}/{escalation.pk}")

    bob.find_element(By.ID, "claim").click()
    until(lambda: at_it(rita, escalation) == "bob", "the claim is not seen")
    bob.shows("You are at it", "#choices")
    bob.click("#claim")
    until(lambda: at_it(rita, escalation) == "nobody", "that it was given back is not seen")
    bob.click("#choose-retry")

    until(lambda: at_it(rita, escalation) == "decided by bob: retry", "the decision is not seen")
    assert at_it(rita, other) == "nobody"
    rita.shows("1", "[data-count=escalations]")
    assert rita.title.startswith("(1) ")


def test_who_is_too_late_reads_who_did_what_and_keeps_what_he_typed(rita, bob):
    escalation = make_failed()
    for browser in (rita, bob):
        open_page(browser, f"{QUEUE}/{escalation.pk}")
    # Both have typed, so both were at it one after the other; both press at the same moment.
    for browser, words in ((rita, "rita has looked at E2"), (bob, "bob has looked at E2")):
        browser.execute_script("document.getElementById('id_reason').value = arguments[0]", words)
    at = "const at = arguments[0]; setTimeout(() => document.getElementById('choose-retry').click(), at - Date.now())"
    moment = int((timezone.now() + timedelta(seconds=1.5)).timestamp() * 1000)

    for browser in (rita, bob):
        browser.execute_script(at, moment)

    until(escalation.decisions.exists, "nobody decided")
    winner = escalation.decisions.get().decided_by
    loser, name = (bob, "bob") if winner == "rita" else (rita, "rita")
    loser.shows(f"{winner}: retry", "#choices")
    loser.shows(f"{winner} was quicker: retry. Nothing that you sent was done.", "#refused")
    loser.shows("What you had written", "#choices")
    assert loser.find_element(By.ID, "unsent").get_property("value") == f"{name} has looked at E2"
    assert not loser.find_elements(By.CSS_SELECTOR, "button[name=decision]")
    escalation.operation.refresh_from_db()
    assert list(escalation.operation.events.values_list("actor", flat=True)).count(winner) == 1
    assert escalation.operation.steps.get(step_id="E2").run == 2, "it runs again once"


def test_a_decision_that_is_taken_back_is_open_on_the_others_page_again(rita):
    escalation = make_failed()
    open_page(rita, f"{QUEUE}/{escalation.pk}")

    answer, minute = Answer(Kind.RETRY), timedelta(minutes=1)
    decision = decide(escalation, answer, who="bob", revision=1, decision_id="of-bob", window=minute)
    rita.shows("It takes effect at", "#choices")
    assert not rita.find_elements(By.CSS_SELECTOR, "button[name=decision]")
    assert isinstance(decision, Decision)
    undo(decision, who="bob")

    rita.shows("bob is at it", "#choices")
    rita.shows("bob took back: retry", "#past")
