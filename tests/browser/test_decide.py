"""Deciding in real browsers: by one key and on to the next, taken back in time or too late, and who was first."""

from datetime import timedelta

import pytest
from django.utils import timezone
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By

from escalations.deciding.applying import apply_due
from escalations.models import Decision, Escalation
from operations import live
from operations.states import Status, StepStatus
from tests.browser.conftest import CHROMIUM, DRIVER, until
from tests.browser.test_console import make_failed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

QUEUE = "/console/escalations"


@pytest.fixture(autouse=True)
def time_to_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the site, which starts after this."""
    monkeypatch.setenv("UNDO_SECONDS", "60")


def make_some(number: int) -> list[Escalation]:
    """Questions, the oldest first."""
    found = []
    for place in range(number):
        escalation = make_failed()
        Escalation.objects.filter(pk=escalation.pk).update(
            message=f"question {place}", created_at=timezone.now() - timedelta(hours=number - place)
        )
        found.append(escalation)
    live.announcer.flush()
    return found


def open_page(browser, escalation: Escalation, view: str = "order=oldest") -> None:
    browser.open(f"{QUEUE}/{escalation.pk}?view={view.replace('=', '%3D')}")
    browser.is_connected()


def press(browser, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def decided(escalation: Escalation) -> list[str]:
    return [str(decision) for decision in escalation.decisions.all()]


def test_one_key_decides_and_the_next_question_is_there(rita):
    first, second, third = make_some(3)
    open_page(rita, first)
    rita.execute_script("performance.clearResourceTimings(); window.same = true")

    press(rita, "r")

    rita.shows("question 1", "#state")
    rita.shows(f"Runs again: {first.operation_id}.", ".undo")
    assert decided(first) == ["retry by rita"]
    assert second.pk in rita.current_url
    assert rita.execute_script("return window.same"), "the page was loaded anew"
    asked = "return performance.getEntriesByType('resource').map(one => one.name)"
    assert rita.execute_script(asked)[0].endswith(f"{first.pk}/decide")  # and its answer is the page; the rest is live

    rita.is_connected()
    press(rita, "a")
    rita.shows("question 2", "#state")
    assert decided(second) == ["approve by rita"]
    press(rita, "r")
    rita.shows("Nothing waits for you.")
    assert decided(third) == ["retry by rita"]


def test_the_next_question_is_live_too(rita):
    first, second = make_some(2)
    open_page(rita, first)
    press(rita, "r")
    rita.shows("question 1", "#state")
    rita.is_connected()

    second.operation.steps.filter(step_id="E3").update(status=StepStatus.RUNNING)
    live.announce(second.operation)

    rita.shows("Running", "#details")


def test_z_takes_the_decision_back(rita):
    first, _ = make_some(2)
    open_page(rita, first)
    press(rita, "r")
    rita.shows("question 1", "#state")

    press(rita, "z")

    rita.shows("Taken back. It is in your hands again.")
    rita.shows("question 0", "#state")
    first.refresh_from_db()
    assert (first.status, first.holder()) == ("open", "rita")
    Decision.objects.update(effective_at=timezone.now())
    apply_due()
    first.operation.refresh_from_db()
    assert first.operation.status == Status.ESCALATING


def test_what_was_carried_out_cannot_be_taken_back(rita):
    first, _ = make_some(2)
    open_page(rita, first)
    press(rita, "r")
    rita.shows("question 1", "#state")
    Decision.objects.update(effective_at=timezone.now())
    apply_due()

    press(rita, "z")

    rita.shows("Too late to take it back", "#refused")
    first.operation.refresh_from_db()
    assert first.operation.status == Status.EXECUTING


def test_the_note_counts_down_and_lets_go(rita):
    first, _ = make_some(2)
    open_page(rita, first)
    press(rita, "r")
    rita.shows("question 1", "#state")

    rita.execute_script(
        "const note = document.querySelector('[data-undo]'); note.dataset.undo = 1;"
        "document.getElementById('main').dispatchEvent(new CustomEvent('htmx:afterSettle', {bubbles: true}))"
    )

    until(lambda: not rita.find_elements(By.CSS_SELECTOR, ".undo form"), "it can still be taken back")
    rita.shows("Runs again", ".undo")


def test_a_rejection_by_key_asks_for_the_reason_first(rita):
    first, _ = make_some(2)
    open_page(rita, first)

    press(rita, "x")
    assert rita.switch_to.active_element.get_attribute("id") == "id_reason"
    rita.shows("Ctrl+Enter: Reject", "#sends")
    press(rita, "arx: not ours")
    ActionChains(rita).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()

    rita.shows("question 1", "#state")
    assert first.decisions.get().reason == "arx: not ours"


def test_a_ready_made_reason_fills_the_reason(rita):
    (first,) = make_some(1)
    open_page(rita, first)

    rita.find_element(By.CSS_SELECTOR, "#presets summary").click()
    rita.find_element(By.XPATH, "//span[text()='Done already.']").click()

    assert rita.find_element(By.ID, "id_reason").get_property("value") == "Done already."


def test_a_refused_rejection_keeps_the_page_and_says_why(rita):
    (first,) = make_some(1)
    open_page(rita, first)

    rita.find_element(By.ID, "choose-reject").click()

    rita.shows("Say why it is rejected", "#decide")
    until(lambda: rita.switch_to.active_element.get_attribute("id") == "id_reason", "the reason has no focus")
    assert decided(first) == []


def test_enter_on_a_tick_decides_nothing(rita):
    (first,) = make_some(1)
    open_page(rita, first)
    rita.find_element(By.CSS_SELECTOR, "#retry summary").click()

    rita.find_element(By.CSS_SELECTOR, "#retry-steps input[type=checkbox]").send_keys(Keys.ENTER)

    rita.shows("question 0", "#state")
    assert decided(first) == []


def test_the_effect_follows_the_ticks(rita):
    (first,) = make_some(1)
    open_page(rita, first)
    rita.find_element(By.CSS_SELECTOR, "#retry summary").click()

    rita.find_element(By.CSS_SELECTOR, "#retry-steps input[value=E1]").click()

    rita.shows("Runs again\nE1, E2", "#does-retry")
    press(rita, "r")
    until(lambda: decided(first), "nothing was decided")
    assert sorted(first.decisions.get().steps) == ["E1", "E2"]


def test_typing_tells_the_other_and_the_decision_still_goes(rita, bob):
    first, _ = make_some(2)
    for browser in (rita, bob):
        open_page(browser, first)

    rita.find_element(By.ID, "id_reason").send_keys("we look into it")

    bob.shows("rita is at it", "#choices")
    rita.shows("You are at it until", "#choices")
    assert not rita.find_element(By.CSS_SELECTOR, "[data-stale]").is_displayed()
    assert bob.find_element(By.ID, "take-over-reason").is_displayed()
    rita.find_element(By.ID, "choose-retry").click()
    rita.shows("question 1", "#state")
    assert first.decisions.get().claimed_at is not None


def test_c_claims_without_losing_what_was_typed(rita):
    (first,) = make_some(1)
    open_page(rita, first)

    press(rita, "c")

    rita.shows("You are at it until", "#choices")
    first.refresh_from_db()
    assert first.holder() == "rita"


def test_taking_over_by_key_asks_why_and_tells_the_other(rita, bob):
    (first,) = make_some(1)
    first.claim("rita")
    live.announcer.flush()
    for browser in (rita, bob):
        open_page(browser, first)

    press(bob, "c")
    press(bob, "she is away")
    ActionChains(bob).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()

    rita.shows("bob is at it", "#choices")
    bob.shows("You are at it until", "#choices")
    assert first.notices.get().text == "she is away"


def test_both_decide_at_once_and_exactly_one_wins(rita, bob):
    first, _ = make_some(2)
    for browser in (rita, bob):
        open_page(browser, first)
        browser.find_element(By.ID, "id_reason")  # the page is there
    at = "const at = arguments[0]; setTimeout(() => document.getElementById('choose-retry').click(), at - Date.now())"
    moment = int((timezone.now() + timedelta(seconds=2)).timestamp() * 1000)

    for browser in (rita, bob):
        browser.execute_script(at, moment)

    until(lambda: decided(first), "nobody decided")
    winner = first.decisions.get().decided_by
    browsers = {"rita": rita, "bob": bob}
    loser = browsers.pop("bob" if winner == "rita" else "rita")
    browsers[winner].shows("question 1", "#state")
    loser.shows(f"{winner}: retry", "#choices")
    assert len(decided(first)) == 1


def test_what_does_not_arrive_is_said_and_kept(rita, site):
    (first,) = make_some(1)
    open_page(rita, first)
    site.stop()

    press(rita, "r")

    rita.shows("It did not arrive.", "#not-sent")
    site.start()
    press(rita, "r")
    until(lambda: decided(first), "it did not arrive again")
