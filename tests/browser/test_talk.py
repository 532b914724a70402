"""Talk and notices in real browsers: what one says, the other sees, and is told."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from escalations.talk import talk
from operations import live
from tests.browser.conftest import CHROMIUM, DRIVER
from tests.make import make_escalation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

RECORD = """
    window.told = [];
    window.Notification = class {
      static permission = "granted";
      static requestPermission = async () => "granted";
      constructor(title, { body, tag }) { window.told.push(`${title}: ${body}`); }
    };
"""


def unread(browser) -> str:
    return browser.text("[data-count=notices]")


def test_one_sees_what_the_other_says_and_is_told_of_it(rita, bob):
    escalation = make_escalation()
    live.announcer.flush()
    for browser in (rita, bob):
        browser.open(f"/console/escalations/{escalation.pk}")
        browser.is_connected()
    assert unread(bob) == "0"
    bob.find_element(By.ID, "comment-text").send_keys("half a sent")
    rita.find_element(By.ID, "id_reason").send_keys("my reason")

    rita.find_element(By.ID, "comment-text").send_keys("Is Duval right, @bob? And @bib?")
    rita.find_element(By.ID, "comment-send").click()

    bob.shows("Is Duval right, @bob?", "#comments")
    bob.shows("1", "[data-count=notices]")
    bob.shows("1 comment", "#comments-count")
    assert bob.find_element(By.ID, "comment-text").get_property("value") == "half a sent"
    rita.shows("nobody here is called @bib", "#talk-forms")
    assert rita.find_element(By.ID, "comment-text").get_property("value") == ""
    assert rita.find_element(By.ID, "id_reason").get_property("value") == "my reason"
    assert unread(rita) == "0"

    rita.find_element(By.ID, "assign-person").send_keys("bob")
    rita.find_element(By.ID, "assign-ask").click()
    bob.shows("bob is asked to decide.", "#comments")
    bob.shows("2", "[data-count=notices]")

    bob.find_element(By.ID, "bell").click()
    bob.shows("rita asked you to decide", "#notices")
    bob.find_element(By.CSS_SELECTOR, "#notices .row-link").click()
    bob.shows("Is Duval right", "#comments")
    assert unread(bob) == "0"


def test_what_is_refused_is_told_where_it_was_typed(rita):
    escalation = make_escalation()
    rita.open(f"/console/escalations/{escalation.pk}")

    rita.find_element(By.ID, "assign-person").send_keys("bib")
    rita.find_element(By.ID, "assign-ask").click()

    rita.shows("Nobody who may decide is called 'bib'", "#talk-forms")
    assert rita.find_element(By.ID, "assign-person").get_property("value") == "bib"


def test_who_asked_for_it_is_told_by_the_browser(bob):
    escalation = make_escalation(message="Jane Doe, 1 Main St")
    live.announcer.flush()
    # A headless browser shows none: what the page would show is written down instead.
    bob.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORD})
    bob.open("/console/notices")
    bob.is_connected()
    bob.find_element(By.CSS_SELECTOR, "#notify [data-wish=mine]").click()
    assert bob.find_element(By.CSS_SELECTOR, "#notify [data-wish=mine]").get_attribute("aria-pressed") == "true"

    bob.open("/console/operations")  # it is remembered
    bob.is_connected()
    talk.comment(escalation, "rita", "@bob, is Jane Doe the owner?")
    live.announcer.flush()

    told = "rita mentioned you: " + escalation.get_reason_display()
    WebDriverWait(bob, 15, 0.05).until(lambda _: bob.execute_script("return window.told") == [told])
