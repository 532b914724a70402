"""The dashboard in a real browser: its figures move by themselves."""

import pytest
from selenium.webdriver.common.by import By

from operations import live
from operations.states import Status
from tests.browser.conftest import CHROMIUM, DRIVER
from tests.make import make_operation
from workers.models import RegisteredWorker

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]


def test_an_operation_that_completes_moves_the_figures(rita):
    operation = make_operation(status=Status.VALIDATING)
    live.announcer.flush()
    rita.open("/console/")
    rita.shows("1 validating")
    assert rita.text("#ended") == "0"
    rita.is_connected()

    operation.move_to(Status.COMPLETED)

    rita.shows("1", "#ended")
    rita.shows("nothing runs", ".tiles")
    rita.find_element(By.CSS_SELECTOR, "#hours-table summary").click()
    rita.shows("Completed", "#hours-table")

    make_operation().move_to(Status.CANCELLED)

    rita.shows("2", "#ended")
    assert rita.find_element(By.ID, "hours-table").get_attribute("open")


def test_a_worker_that_is_switched_off_says_so_elsewhere(rita):
    RegisteredWorker.objects.create(name="ruler", url="http://127.0.0.1:9", healthy=True)
    rita.open("/console/workers")
    rita.shows("Healthy", "#workers")
    rita.is_connected()

    RegisteredWorker.objects.update(enabled=False)
    live.announce_workers()

    rita.shows("Switched off", "#workers")
