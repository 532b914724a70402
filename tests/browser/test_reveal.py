"""Seeing what is masked, in a real browser: by one key, in parts, without scripts; and hidden again."""

import re
from typing import Any

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By

from operations import live
from operations.audit.models import Entry
from tests.browser.conftest import CHROMIUM, DRIVER, Browser, until
from tests.browser.test_accessibility import LOOK, TAGS, emulate, reader
from tests.console.personal import MAIL, NAME, OTHER, SECRETS, make_personal

__all__ = ["reader"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "warehouse"], transaction=True),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]


def opened(browser: Browser) -> Any:
    escalation = make_personal()
    live.announcer.flush()
    browser.open(f"/console/escalations/{escalation.pk}")
    browser.is_connected()
    assert held(browser) == []
    return escalation


def held(browser: Browser) -> list[str]:
    """The values that the page holds now, wherever in its source."""
    source = browser.execute_script("return document.documentElement.outerHTML")
    return [secret for secret in SECRETS if secret in source]


def press(browser: Browser, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def test_one_key_shows_all_and_what_was_typed_and_chosen_stays(rita: Browser) -> None:
    opened(rita)
    rita.execute_script("document.querySelector('input[value=same]').checked = true; window.same = true")
    rita.find_element(By.ID, "id_reason").send_keys("as it is")
    rita.execute_script("document.activeElement.blur()")

    press(rita, "v")

    rita.shows(NAME, "#questions")
    assert set(held(rita)) == set(SECRETS)
    rita.shows("Values of people are shown", "#people-said")
    assert rita.execute_script("return window.same")
    assert rita.execute_script("return document.querySelector('input[value=same]').checked")
    assert rita.execute_script("return document.getElementById('id_reason').value") == "as it is"
    assert Entry.objects.filter(action="personal.reveal").count() == 1


def test_a_button_shows_its_part_alone(rita: Browser) -> None:
    opened(rita)

    rita.click("#people-parameters .show")

    rita.shows(MAIL, "#people-parameters")
    assert NAME not in held(rita)
    assert rita.execute_script("return document.activeElement.id") == "people-parameters"


def test_the_page_goes_on_refreshing_itself_and_shows_them_on(rita: Browser) -> None:
    escalation = opened(rita)
    press(rita, "v")
    rita.shows(NAME, "#details")

    escalation.operation.record("told", f"{OTHER} answered at last")
    live.announce(escalation.operation)
    live.announcer.flush()

    rita.shows("answered at last", "#past")
    rita.shows(OTHER, "#past")
    assert Entry.objects.filter(action="personal.reveal").count() == 1


def test_they_are_hidden_by_hand_and_where_nobody_is_there(rita: Browser) -> None:
    opened(rita)
    for hide in (
        "document.getElementById('hide-people').click()",
        "document.getElementById('reveal').dataset.idle = 0.1",
    ):
        press(rita, "v")
        rita.shows(NAME, "#questions")
        rita.execute_script(hide)
        until(lambda: held(rita) == [], "the values are still there")
        rita.shows("masked again", "#people-said")


def test_going_away_leaves_nothing_in_the_page_that_is_kept(rita: Browser) -> None:
    opened(rita)
    press(rita, "v")
    rita.shows(NAME, "#questions")
    rita.open("/console/")
    rita.back()
    rita.shows("Values of people are masked", "#people-said")

    assert held(rita) == []


def test_who_is_signed_out_sees_nothing_and_is_told(rita: Browser) -> None:
    opened(rita)
    rita.delete_cookie("sessionid")
    press(rita, "v")

    rita.shows("You are signed out", "#people-said")
    assert held(rita) == []


def test_it_goes_without_scripts(plain: Browser) -> None:
    plain.sign_in("rita")
    escalation = make_personal()
    plain.open(f"/console/operations/{escalation.operation_id}")
    assert NAME not in plain.page_source

    plain.find_element(By.ID, "show-people").click()

    plain.says("the audit trail has it", "#people-said")
    assert NAME in plain.page_source
    plain.find_element(By.ID, "hide-people").click()
    plain.says("are masked", "#people-said")
    assert not [secret for secret in SECRETS if secret in plain.page_source]


def test_axe_finds_nothing_where_they_are_shown_or_masked(reader: Browser) -> None:
    escalation = opened(reader)
    for path in (f"/console/escalations/{escalation.pk}", f"/console/operations/{escalation.operation_id}"):
        reader.open(path)
        found = reader.execute_async_script(LOOK, {"type": "tag", "values": TAGS})
        reader.execute_script("document.getElementById('show-people').click()")
        until(lambda: len(held(reader)) == len(SECRETS), "the values are not shown")
        found += reader.execute_async_script(LOOK, {"type": "tag", "values": TAGS})
        emulate(reader, "dark")
        found += reader.execute_async_script(LOOK, {"type": "rule", "values": ["color-contrast"]})
        emulate(reader, "light")
        assert found == [], path


def test_the_masked_page_is_no_wider_than_a_phone(rita: Browser) -> None:
    metrics = {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": True}
    rita.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    escalation = opened(rita)
    assert re.match("esc-", escalation.pk)
    rita.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")

    assert rita.execute_script("return document.documentElement.scrollWidth") <= 375
