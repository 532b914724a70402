"""The open queue in a real browser: rows stay where they are, what is new waits to be asked for."""

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from escalations.models import Decision
from operations import live
from tests.browser.conftest import CHROMIUM, DRIVER
from tests.make import make_escalation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

QUEUE = "/console/escalations"


def open_queue(browser, view: str = "") -> None:
    live.announcer.flush()
    browser.open(QUEUE + view)
    browser.is_connected()


def places(browser) -> list[float]:
    """Where each row is on the screen."""
    script = "return [...document.querySelectorAll('#queue tbody tr')].map(row => row.getBoundingClientRect().top)"
    return browser.execute_script(script)


def tick(browser, escalation) -> None:
    browser.find_element(By.CSS_SELECTOR, f"input[name=chosen][value^='{escalation.pk}:']").click()


def test_new_questions_are_counted_and_shown_at_a_click(rita):
    make_escalation(message="the first")
    open_queue(rita)
    before = places(rita)

    for number in range(3):
        make_escalation(message=f"later {number}")
    live.announce_escalations()

    rita.shows("3 new", "#news")
    assert places(rita) == before
    assert "later" not in rita.text("#queue")
    rita.find_element(By.ID, "show-news").click()
    rita.shows("later 2", "#queue")
    assert "new" not in rita.text("#news")


def test_what_is_ticked_stays_ticked_when_the_new_ones_are_shown(rita):
    first = make_escalation()
    open_queue(rita)
    tick(rita, first)
    rita.shows("1 chosen", "#batch")

    second = make_escalation(message="the second")
    live.announce_escalations()
    rita.shows("1 new", "#news")
    rita.find_element(By.ID, "show-news").click()
    rita.shows("the second", "#queue")

    rita.shows("1 chosen", "#batch")
    tick(rita, second)
    rita.shows("2 chosen", "#batch")


def test_what_another_decides_keeps_its_place_and_can_be_chosen_no_more(rita, bob):
    escalation, other = make_escalation(message="the first"), make_escalation(message="the other")
    for browser in (rita, bob):
        open_queue(browser)
    tick(rita, escalation)

    tick(bob, escalation)
    bob.find_element(By.CSS_SELECTOR, "#batch button[value=approve]").click()
    bob.shows("Done: 1", "#done")

    rita.shows("decided by bob: approve", "#queue")
    rita.shows("the first", "#queue")
    box = rita.find_element(By.CSS_SELECTOR, f"input[value^='{escalation.pk}:']")
    assert not box.is_enabled()
    assert not rita.find_element(By.ID, "batch").is_displayed()
    assert rita.find_element(By.CSS_SELECTOR, f"input[value^='{other.pk}:']").is_enabled()


def test_the_buttons_say_how_many_of_the_chosen_they_concern(rita):
    make_escalation(make_escalation().operation, reason="bad_plan", message="no such worker")
    open_queue(rita)

    rita.find_element(By.CSS_SELECTOR, "[data-tick-all]").click()

    rita.shows("2 chosen", "#batch")
    rita.shows("Approve (1 of 2)", "#batch")
    reject = rita.find_element(By.CSS_SELECTOR, "#batch button[value=reject]")
    assert reject.text == "Reject"


def test_the_urgency_is_explained_to_the_keyboard_too(rita):
    make_escalation()
    open_queue(rita)

    rita.find_element(By.CSS_SELECTOR, ".urgency summary").send_keys("\n")

    rita.shows("doubles every 4 h", ".urgency")


def test_without_scripts_rows_are_chosen_and_decided(plain, rita):
    escalation = make_escalation()
    cookie = rita.get_cookie("sessionid")
    plain.open("/console/login")
    plain.add_cookie({"name": "sessionid", "value": cookie["value"]})

    plain.open(QUEUE)
    tick(plain, escalation)
    plain.find_element(By.CSS_SELECTOR, "#batch button[value=approve]").click()

    assert "Done: 1" in plain.find_element(By.ID, "done-title").text
    assert Decision.objects.get().decided_by == "rita"


@pytest.mark.parametrize("view", ["", "?group=cause", "?reason=low_confidence&older=1m&values=parameters.a=1"])
def test_the_queue_is_not_wider_than_a_phone(rita, view):
    make_escalation(message="x" * 400, cause="y" * 200, assigned_to="z" * 150)
    metrics = {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": True}
    rita.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    open_queue(rita, view)
    for summary in rita.find_elements(By.CSS_SELECTOR, "summary"):
        summary.click()

    assert rita.execute_script("return document.documentElement.scrollWidth") <= 375


def test_a_key_shows_what_is_new(rita):
    make_escalation()
    open_queue(rita)
    make_escalation(message="the second")
    live.announce_escalations()
    rita.shows("1 new", "#news")

    ActionChains(rita).send_keys(".").perform()

    WebDriverWait(rita, 15, 0.05).until(lambda _: "the second" in rita.text("#queue"))
