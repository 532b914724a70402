"""Starting an operation in a real browser, with real workers: chosen, planned, started, and watched until it ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By

from operations import live
from operations.models import Operation
from operations.states import Status
from tests.browser.conftest import CHROMIUM, DRIVER, Browser
from tests.console.test_operations_list import make_running
from tests.operations.conftest import settle
from tests.serving import registered
from tests.workers.roll_files import serving
from workers import data_quality, florida_data
from workers.florida_data.sample.portal import application
from workers.florida_data.sample.standard import SampleSet

__all__ = ["settle"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "warehouse"], transaction=True),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

NEW = "/console/operations/new"
WIDTH = "return document.documentElement.scrollWidth"


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The two real workers take the place of the test worker."""
    with registered(florida_data.worker, data_quality.worker) as url:
        yield url


@pytest.fixture
def portal(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """The sample portal with the small roll of one county."""
    settings.DATA_URL = f"file://{tmp_path / 'data'}"
    SampleSet({"Union": 40}, ("NAL",)).write(tmp_path / "rolls")
    with serving(application(tmp_path / "rolls")) as url:
        settings.FLORIDA_SAMPLE_URL = url
        yield


def tick(browser: Browser, name: str, value: str) -> None:
    browser.find_element(By.CSS_SELECTOR, f"input[name='{name}'][value='{value}']").click()


def test_a_test_run_is_planned_started_and_watched(
    rita: Browser, portal: None, settle: Callable[..., Operation]
) -> None:
    rita.open("/console/operations")
    rita.find_element(By.ID, "new").click()
    rita.find_element(By.LINK_TEXT, "Data Pipeline").click()

    rita.find_element(By.CSS_SELECTOR, "[data-find]").send_keys("uni", Keys.ENTER)
    rita.shows("1 chosen: Union")
    tick(rita, "p-file_types", "SDF")
    tick(rita, "p-file_types", "NAP")
    rita.find_element(By.ID, "id_p-test").click()
    rita.find_element(By.ID, "show-plan").click()
    rita.shows("typed rows, and those that cannot be used", "#plan")
    assert not Operation.objects.exists()

    rita.find_element(By.ID, "start").click()
    rita.shows("Started.")
    rita.shows("Planning\nnow", ".phases")
    rita.is_connected()
    operation = Operation.objects.get()
    assert operation.parameters["counties"] == ["Union"]

    settle(operation)

    rita.shows("Completed\ndone", ".phases")
    assert operation.status == Status.COMPLETED, operation.error


def test_progress_appears_without_reloading(rita: Browser) -> None:
    operation = make_running(steps=4, done=1)
    live.announcer.flush()
    rita.open(f"/console/operations/{operation.pk}")
    rita.shows("1 of 4 steps", ".overall")
    rita.is_connected()

    operation.steps.filter(step_id="E2").update(status="completed")
    live.announce(operation)

    rita.shows("2 of 4 steps", ".overall")


def test_cancelling_stays_unfolded_while_the_page_changes_and_takes_a_second_click(rita: Browser) -> None:
    operation = make_running(steps=4, done=1)
    live.announcer.flush()
    rita.open(f"/console/operations/{operation.pk}")
    rita.is_connected()
    rita.find_element(By.CSS_SELECTOR, "#cancelling summary").click()
    rita.shows("what it has done so far is lost", "#cancelling")

    operation.steps.filter(step_id="E2").update(status="completed")
    live.announce(operation)
    rita.shows("2 of 4 steps", ".overall")
    rita.find_element(By.ID, "cancel").click()

    rita.shows("Cancelled. Finished steps keep their results.")


def test_a_mistake_has_the_focus_and_what_was_typed_is_still_there(rita: Browser) -> None:
    rita.open(f"{NEW}?type=data_validation")
    rita.find_element(By.CSS_SELECTOR, "[data-find]").send_keys("Browrad")
    rita.find_element(By.ID, "start").click()

    rita.shows("did you mean Broward?", "#faults")
    assert rita.switch_to.active_element.get_attribute("id") == "faults"
    assert rita.find_element(By.CSS_SELECTOR, "[data-find]").get_property("value") == "Browrad"


def test_counties_are_found_by_typing_and_told(rita: Browser) -> None:
    rita.open(f"{NEW}?type=data_pipeline")
    find = rita.find_element(By.CSS_SELECTOR, "[data-find]")

    find.send_keys("st. j")
    shown = [label.text for label in rita.find_elements(By.CSS_SELECTOR, ".counties label") if label.is_displayed()]
    assert shown == ["Saint Johns"]
    find.send_keys(Keys.ENTER)
    rita.shows("1 chosen: Saint Johns")
    assert find.get_property("value") == ""
    rita.find_element(By.CSS_SELECTOR, "[data-all]").click()
    rita.shows("All 67 are chosen")


def test_without_scripts_one_starts_an_operation_and_mends_a_mistake(plain: Browser) -> None:
    plain.sign_in("vera")
    plain.open(f"{NEW}?type=data_pipeline")

    plain.find_element(By.ID, "id_p-counties_typed").send_keys("Browrad")
    plain.find_element(By.ID, "start").click()
    plain.says("did you mean Broward?", "#faults")
    typed = plain.find_element(By.ID, "id_p-counties_typed")
    typed.clear()
    typed.send_keys("broward county, St. Johns")
    plain.find_element(By.ID, "start").click()

    plain.says("Started.", ".note")
    assert Operation.objects.get().parameters["counties"] == ["Broward", "Saint Johns"]


def test_the_forms_fit_on_a_phone(rita: Browser) -> None:
    size = {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": True}
    rita.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    for kind in ("", "?type=data_pipeline", "?type=performance_check", "?type=custom&way=steps", "?type=ai_inference"):
        rita.open(f"{NEW}{kind}")
        assert rita.execute_script(WIDTH) <= 375, kind
