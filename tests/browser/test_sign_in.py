"""Signing in at a real browser: the steps as they come, each held against axe, in light and dark and on a phone."""

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest
from django_otp.oath import TOTP
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from concord.people.models import Session
from tests.browser.conftest import CHROMIUM, DRIVER, Browser
from tests.browser.test_accessibility import LOOK, TAGS, emulate, reader
from tests.people.signing_in import PASSWORD, make_rita

__all__ = ["reader"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "warehouse"], transaction=True),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]
PHONE = {"width": 320, "height": 700, "deviceScaleFactor": 1, "mobile": True}
ANY = {"width": 0, "height": 0, "deviceScaleFactor": 0, "mobile": False}


@pytest.fixture
def away(reader: Browser, settings: Any) -> Browser:
    """A browser in which nobody is signed in, with axe in each page."""
    settings.PASSWORD_HASHERS = ["concord.people.passwords.ModestArgon2"]  # as the server has it
    reader.delete_all_cookies()
    Session.objects.all().delete()
    return reader


def faults(browser: Browser) -> list[str]:
    """What axe finds on the page that is open, in light and in dark, and whether it is wider than a phone."""
    found = []
    for scheme in ("light", "dark"):
        emulate(browser, scheme)
        found += browser.execute_async_script(LOOK, {"type": "tag", "values": TAGS})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", ANY)
    return found + ([f"{wide} wide"] if wide > PHONE["width"] else [])


def enter(browser: Browser, field: str, text: str) -> Callable[[], None]:
    """Type into a field; what is returned presses Enter there."""
    box = browser.find_element(By.ID, field)
    box.clear()
    box.send_keys(text)
    return lambda: box.send_keys(Keys.ENTER)


def sign_in(browser: Browser, name: str = "zoe", password: str = PASSWORD) -> None:
    browser.open("/console/login")
    enter(browser, "id_username", name)
    enter(browser, "id_password", password)()


def test_the_whole_way_to_an_authenticator_and_in_with_it(away: Browser) -> None:
    make_rita("zoe")

    sign_in(away)
    away.says("Review", "nav")

    away.open("/console/account/totp")
    assert faults(away) == []
    secret = away.text(".secret").replace(" ", "")
    app = TOTP(base64.b32decode(secret))
    enter(away, "id_code", "000000")()
    away.says("not the code of now", ".note")
    assert faults(away) == []
    app.time = time.time()
    enter(away, "id_code", f"{app.token():06}")()
    away.says("Recovery codes", "h1")
    assert faults(away) == []
    recovery = [code.text for code in away.find_elements(By.CSS_SELECTOR, ".codes code")]
    assert len(recovery) == 10
    away.open("/console/account/password")
    assert faults(away) == []
    away.open("/console/account/confirm")
    assert faults(away) == []

    away.click("#sign-out")
    away.says("Sign in", "h1")
    sign_in(away)
    away.says("Enter the code", "h1")
    assert faults(away) == []
    enter(away, "id_code", "000000")()
    away.says("wrong", ".note")
    enter(away, "id_code", recovery[0])()
    away.says("Review", "nav")
    away.open("/console/account")
    away.says("9 of 10 are left", "main")
    assert faults(away) == []


def test_who_tries_too_often_is_told_how_long_to_wait(away: Browser) -> None:
    for _ in range(6):
        sign_in(away, "nobody", "wrong")
        away.says(".", ".note")
    away.says("Too many tries", ".note")

    assert faults(away) == []
