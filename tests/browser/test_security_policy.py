"""Swagger's page and the admin work under the strict security policy: nothing inline, nothing from elsewhere.

That no browser complains of it is asserted wherever one was used (see `watched`).
"""

import pytest
from django.test import Client
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import CHROMIUM, DRIVER, Browser
from tests.make import make_escalation, make_operation, make_person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "warehouse"], transaction=True),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

BLOCKS = "return document.querySelectorAll('.opblock').length"
OPEN = "for (const one of document.querySelectorAll('.opblock-summary-control')) one.click()"
TRY = "document.querySelector('.try-out__btn').click()"
EXECUTE = "document.querySelector('.execute').click()"
ADMIN = ["", "operations/operation/", "operations/apikey/add/", "auth/user/", "auth/user/add/", "auth/group/add/"]
STYLE = "return getComputedStyle(document.querySelector('#header')).backgroundColor"


def sign_in_as_root(browser: Browser) -> None:
    session = Client()
    session.force_login(make_person("root", is_staff=True, is_superuser=True))
    browser.open("/console/login")
    browser.add_cookie({"name": "sessionid", "value": session.cookies["sessionid"].value})


def test_the_page_of_the_api_is_drawn_and_asks(rita: Browser) -> None:
    make_operation()
    sign_in_as_root(rita)
    rita.open("/docs")
    WebDriverWait(rita, 20).until(lambda browser: browser.execute_script(BLOCKS) > 25)

    rita.execute_script(OPEN)
    WebDriverWait(rita, 20).until(
        lambda browser: browser.execute_script("return !!document.querySelector('.try-out__btn')")
    )
    rita.execute_script(TRY)
    WebDriverWait(rita, 20).until(lambda browser: browser.execute_script("return !!document.querySelector('.execute')"))
    rita.execute_script(EXECUTE)

    rita.shows("200", ".live-responses-table")


@pytest.mark.parametrize("path", ADMIN)
def test_the_admin_is_drawn_in_its_own_colours(rita: Browser, path: str) -> None:
    make_escalation()
    sign_in_as_root(rita)

    rita.open(f"/admin/{path}")

    assert rita.execute_script(STYLE) not in ("", "rgba(0, 0, 0, 0)")
    assert rita.execute_script("return document.title").endswith(("admin", "Concord"))
