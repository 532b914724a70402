"""The console in real browsers: what happens elsewhere appears, and what one does is left alone."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By

from escalations.models import Escalation
from operations import live
from operations.states import Reason, Status, StepStatus
from tests.browser.conftest import CHROMIUM, DRIVER
from tests.make import make_escalation, make_operation, make_reviewer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

QUEUE = "/console/escalations"


def make_failed() -> Escalation:
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    for number, status in enumerate((StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.PENDING), 1):
        operation.steps.create(step_id=f"E{number}", position=number, worker="w", action="a", status=status)
    return make_escalation(operation, reason=Reason.STEP_FAILED, message="E2 failed", steps=["E2"])


def test_a_new_question_appears_in_the_open_queue(rita):
    rita.open(QUEUE)
    rita.shows("Nothing waits for you.")
    rita.is_connected()

    make_escalation(message="8,213 rows could not be used")
    live.announce_escalations()

    rita.shows("8,213 rows could not be used")
    assert rita.title.startswith("(1) ")
    assert rita.text("[data-count=escalations]") == "1"


def test_rows_do_not_move_under_the_pointer(rita):
    make_escalation(message="the first")
    live.announcer.flush()
    rita.open(QUEUE)
    rita.is_connected()
    ActionChains(rita).move_to_element(rita.find_element(By.CSS_SELECTOR, ".row-link")).perform()

    make_escalation(message="the second")
    live.announce_escalations()

    rita.shows("1 new", "#news")
    assert "the second" not in rita.text("#queue")
    rita.find_element(By.ID, "show-news").click()
    rita.shows("the second", "#queue")


def test_one_reviewer_sees_the_other_claim_and_decide(rita, bob):
    escalation = make_failed()
    live.announcer.flush()
    for browser in (rita, bob):
        browser.open(f"{QUEUE}/{escalation.pk}")
        browser.is_connected()

    rita.find_element(By.ID, "claim").click()
    bob.shows("rita is at it")
    rita.find_element(By.ID, "choose-retry").click()

    bob.shows("rita: retry", "#choices")
    assert not bob.find_elements(By.CSS_SELECTOR, "button[name=decision]")
    rita.shows("Runs again", ".note")


def test_what_is_typed_and_unfolded_stays_while_the_state_changes(rita):
    escalation = make_failed()
    live.announcer.flush()
    rita.open(f"{QUEUE}/{escalation.pk}")
    rita.is_connected()
    rita.find_element(By.ID, "id_reason").send_keys("half a sent")
    rita.click("#parameters summary")

    escalation.operation.steps.filter(step_id="E3").update(status=StepStatus.RUNNING)
    live.announce(escalation.operation)

    rita.shows("Running", "#details")
    rita.shows("Broward", "#parameters")
    rita.find_element(By.ID, "id_reason").send_keys("ence")
    assert rita.find_element(By.ID, "id_reason").get_property("value") == "half a sentence"


def test_nobody_decides_on_something_else_than_what_was_read(rita):
    escalation = make_failed()
    live.announcer.flush()
    rita.open(f"{QUEUE}/{escalation.pk}")
    rita.is_connected()

    Escalation.objects.update(revision=2, message="E2 failed, and E3 as well")
    live.announce_escalations()

    rita.shows("E2 failed, and E3 as well", "#state")
    rita.shows("This changed while you had it open.")
    assert not rita.find_element(By.ID, "choose-retry").is_enabled()
    rita.find_element(By.CSS_SELECTOR, "[data-stale] button").click()
    rita.find_element(By.ID, "choose-retry").click()
    rita.shows("Runs again", ".note")
    assert escalation.decisions.get().decided_by == "rita"


def test_what_another_claimed_and_gave_back_is_decided_as_it_was_read(rita):
    escalation = make_failed()
    live.announcer.flush()
    rita.open(f"{QUEUE}/{escalation.pk}")
    rita.is_connected()

    escalation.claim("bob")
    rita.shows("bob is at it", "#choices")
    escalation.release("bob")
    rita.shows("nobody is at it", "#state")

    assert not rita.find_element(By.CSS_SELECTOR, "[data-stale]").is_displayed()
    rita.click("#choose-retry")
    rita.shows("Runs again", ".note")
    assert escalation.decisions.get().decided_by == "rita"


def test_a_decision_takes_nothing_but_the_keyboard(rita):
    escalation = make_escalation()
    rita.open(QUEUE)

    press_until(rita, "row-link", attribute="class")
    ActionChains(rita).send_keys(Keys.ENTER).perform()
    rita.shows("Accepts the result")
    press_until(rita, "choose-approve")
    ActionChains(rita).send_keys(Keys.ENTER).perform()

    rita.shows("Approved", ".note")
    escalation.operation.refresh_from_db()
    assert escalation.operation.status == Status.COMPLETED


def press_until(browser, value: str, attribute: str = "id") -> None:
    """Press Tab until what has the focus is called ``value``."""
    for _ in range(40):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        if browser.switch_to.active_element.get_attribute(attribute) == value:
            return
    pytest.fail(f"{value} cannot be reached with the Tab key")


def test_a_page_whose_connection_was_lost_is_right_again_when_it_is_back(rita, site):
    rita.open(QUEUE)
    rita.is_connected()

    site.stop()
    rita.shows("Reconnecting…", "#connection")
    make_escalation(message="asked in the dark")
    live.announce_escalations()
    live.announcer.flush()
    site.start()

    rita.shows("asked in the dark")
    rita.is_connected()
    assert rita.text("#connection") == ""


def test_without_scripts_one_can_sign_in_read_and_decide(plain):
    reviewer = make_reviewer("vera")
    # The site knows the real hashers only; the tests' quick one is not among them.
    reviewer.password = PBKDF2PasswordHasher().encode("secret", "a-grain-of-salt-and-more")
    reviewer.save()
    escalation = make_failed()

    plain.open(f"{QUEUE}/{escalation.pk}")
    plain.find_element(By.ID, "id_username").send_keys(reviewer.username)
    plain.find_element(By.ID, "id_password").send_keys("secret", Keys.ENTER)
    plain.find_element(By.ID, "id_reason").send_keys("not our county")
    assert not plain.execute_script("return document.body.dataset.connected"), "the script ran"
    plain.find_element(By.ID, "choose-reject").click()

    assert "Rejected" in plain.find_element(By.CSS_SELECTOR, ".note").text
    escalation.operation.refresh_from_db()
    assert escalation.operation.status == Status.REJECTED


def test_nothing_is_wider_than_a_phone(rita):
    escalation = make_failed()
    operation = escalation.operation
    operation.steps.update(label="x" * 200, error="y" * 500, arguments={"z" * 300: "z" * 300})
    rita.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": True}
    )

    for path in (
        QUEUE,
        f"{QUEUE}/{escalation.pk}",
        "/console/operations",
        f"/console/operations/{operation.pk}",
        f"/console/operations/{operation.pk}/steps/E2",
    ):
        rita.open(path)
        assert rita.execute_script("return document.documentElement.scrollWidth") <= 375, path
