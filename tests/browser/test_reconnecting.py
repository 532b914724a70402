"""The connection is lost, messages with it, and comes back: the open page says so, and is right again."""

import pytest
from selenium.webdriver.common.by import By

from escalations.deciding.decisions import Answer, decide
from escalations.models import Escalation, Kind
from operations import live
from operations.models import Operation
from operations.states import StepStatus
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


def decided_by_bob(escalation: Escalation) -> None:
    decide(escalation, Answer(Kind.RETRY, "again"), who="bob", revision=escalation.revision, decision_id="of-bob")


def test_a_question_that_was_decided_while_the_site_was_away_says_so_afterwards(rita, site):
    escalation = make_failed()
    open_page(rita, f"{QUEUE}/{escalation.pk}")
    rita.find_element(By.ID, "id_reason").send_keys("half a sent")
    rita.shows("You are at it", "#choices")

    site.stop()
    rita.shows("Reconnecting…", "#connection")
    escalation.refresh_from_db()
    escalation.claim("bob", take_over=True)
    decided_by_bob(escalation)
    live.announcer.flush()
    site.start()

    rita.shows("bob: retry", "#choices")
    rita.is_connected()
    assert rita.text("#connection") == ""
    assert rita.find_element(By.ID, "id_reason").get_property("value") == "half a sent"
    assert not rita.find_elements(By.CSS_SELECTOR, "button[name=decision]")


def test_messages_that_were_lost_in_redis_are_made_up_for(rita, private_redis):
    escalation = make_failed()
    open_page(rita, f"{QUEUE}/{escalation.pk}")
    number = live.sequence_key(live.operation_group(escalation.operation_id))

    # As where a channel was full: the message of this change never comes, and the next one tells by its number.
    private_redis.incr(number)
    escalation.operation.steps.filter(step_id="E3").update(status=StepStatus.RUNNING)
    live.announce(escalation.operation)

    rita.shows("Running", "#details")


def test_what_changed_while_all_of_redis_was_emptied_is_shown(rita, private_redis):
    first = make_escalation(message="the first")
    open_page(rita, QUEUE)

    make_escalation(message="the second")
    private_redis.flushall()  # the groups of all sockets, and all numbers
    Operation.objects.filter(pk=first.operation_id).update(priority=9)
    rita.execute_script("document.dispatchEvent(new Event('visibilitychange'))")  # as who comes back to the tab

    rita.shows("1 new", "#news")


def test_offline_is_said_and_online_again_the_page_is_right(rita):
    open_page(rita, QUEUE)
    rita.shows("Nothing waits for you.")
    gone = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    rita.execute_cdp_cmd("Network.enable", {})
    rita.execute_cdp_cmd("Network.emulateNetworkConditions", gone)
    rita.shows("Offline", "#connection")

    make_escalation(message="asked meanwhile")
    live.announcer.flush()
    rita.execute_cdp_cmd("Network.emulateNetworkConditions", gone | {"offline": False})

    rita.shows("asked meanwhile")
    rita.is_connected()
    assert rita.text("#connection") == ""
    until(lambda: rita.title.startswith("(1) "), "the title does not count it")
