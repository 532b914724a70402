"""Edit and resume in a real browser, with the real engine and a real worker: what runs again, and what does not."""

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from operations.models import Operation
from operations.models.types import TypeSetting
from operations.states import Status
from tests.browser.conftest import CHROMIUM, DRIVER
from tests.operations import plant
from tests.operations.conftest import plant_url, post, settle, step
from tests.operations.plant import read
from tests.serving import served

__all__ = ["plant_url", "settle"]

pytestmark = [
    served,
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]


def stopped(settle, tmp_path) -> Operation:
    """An operation of which E1 and E4 are done, and E2, which E3 needs, was refused."""
    operation = post(
        [
            step("E1", "count", arguments={"journal": str(tmp_path / "E1"), "to": 2}),
            step("E2", "refuse", arguments={}, depends_on=["E1"]),
            step("E3", "count", arguments={"journal": str(tmp_path / "E3"), "to": "#E2.value"}),
            step("E4", "count", arguments={"journal": str(tmp_path / "E4"), "to": 1}),
        ]
    )
    return settle(operation)


def choose(browser, name: str, value: str) -> None:
    Select(browser.find_element(By.NAME, name)).select_by_value(value)


def test_edit_and_resume_runs_only_what_is_concerned(rita, settle, tmp_path):
    operation = stopped(settle, tmp_path)
    (there := tmp_path / "there").touch()
    rita.open(f"/console/escalations/{operation.escalations.get().pk}")
    rita.is_connected()

    ActionChains(rita).send_keys("e").perform()
    rita.shows("Edit and resume", "h1")
    field = rita.find_element(By.NAME, "E2/unless text")
    assert not field.is_displayed(), "it is left out as yet"
    choose(rita, "E2/unless as", "value")
    field.send_keys(str(there))
    rita.find_element(By.ID, "preview").click()

    rita.shows("What changes", "#changes")
    rita.shows(str(there), "#changes .added")
    rita.shows("Runs again", "#changes")
    assert "E2, E3" in rita.text("#changes .effects")
    assert "E1, E4" in rita.text("#changes .effects")
    rita.find_element(By.ID, "resume").click()
    rita.shows("Edited", ".note")
    settle(operation)

    assert operation.status == Status.COMPLETED, operation.confidence
    runs = dict(operation.steps.values_list("step_id", "run"))
    assert runs == {"E1": 1, "E2": 2, "E3": 2, "E4": 1}
    journals = {name: read(str(tmp_path / name)) for name in ("E1", "E3", "E4")}
    assert journals == {"E1": ["start", "end"], "E3": ["start", "end"], "E4": ["start", "end"]}


def test_without_scripts_arguments_are_edited_too(plain, settle, tmp_path):
    operation = stopped(settle, tmp_path)
    (there := tmp_path / "there").touch()
    plain.sign_in("vera")
    plain.open(f"/console/escalations/{operation.escalations.get().pk}")
    plain.find_element(By.ID, "edit-arguments").click()

    choose(plain, "E2/unless as", "value")
    plain.find_element(By.NAME, "E2/unless text").send_keys(str(there))
    plain.find_element(By.ID, "preview").click()
    assert not plain.execute_script("return document.body.dataset.connected"), "the script ran"
    plain.find_element(By.ID, "resume").click()
    assert "Edited" in plain.find_element(By.CSS_SELECTOR, ".note").text
    settle(operation)

    assert operation.status == Status.COMPLETED


def test_a_plan_is_changed_before_it_runs(rita, settle, tmp_path):
    TypeSetting.objects.create(operation_type="custom", show_plan=True)
    operation = settle(
        post(
            [
                step("E1", "numbers", arguments={"upto": 3}),
                step("E2", "count", arguments={"journal": str(tmp_path / "E2"), "to": "#E1.numbers.2"}),
            ]
        )
    )
    question = operation.escalations.get()
    assert question.reason == "plan_approval"

    rita.open(f"/console/escalations/{question.pk}/edit")
    choose(rita, "E2/to as", "value")
    number = rita.find_element(By.NAME, "E2/to integer")
    number.clear()
    number.send_keys("2")
    rita.find_element(By.ID, "preview").click()
    rita.shows("#E1.numbers.2", "#changes .changed")
    rita.find_element(By.ID, "resume").click()
    rita.shows("Edited", ".note")
    settle(operation)

    assert operation.status == Status.COMPLETED
    assert operation.steps.get(step_id="E2").result == {"value": 2}
    assert plant.read(str(tmp_path / "E2")) == ["start", "end"]


def test_another_who_decides_meanwhile_is_seen_on_the_open_page(rita, bob, settle, tmp_path):
    operation = stopped(settle, tmp_path)
    question = operation.escalations.get()
    rita.open(f"/console/escalations/{question.pk}/edit")
    rita.is_connected()

    bob.open(f"/console/escalations/{question.pk}")
    bob.find_element(By.ID, "choose-retry").click()

    bob.shows("Runs again", ".note")
    rita.shows("bob: retry", "#standing")


def test_no_form_is_wider_than_a_phone(rita, settle, tmp_path):
    operation = stopped(settle, tmp_path)
    operation.steps.filter(step_id="E2").update(arguments={"z" * 300: {"y" * 300: "x" * 300}, "unless": "w" * 300})
    rita.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": True}
    )
    rita.open(f"/console/escalations/{operation.escalations.get().pk}/edit")
    assert rita.execute_script("return document.documentElement.scrollWidth") <= 375

    choose(rita, "E2/unless as", "out")
    rita.find_element(By.ID, "preview").click()
    assert rita.execute_script("return document.documentElement.scrollWidth") <= 375
