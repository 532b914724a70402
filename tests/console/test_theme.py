"""The colours of the console: the system's, or those that a person has chosen for a browser."""

import pytest
from django.test import Client

from tests.make import make_person

pytestmark = pytest.mark.django_db
QUEUE = "/console/escalations"


def shown(browser: Client, path: str = QUEUE) -> str:
    """The beginning of the page, where the colours are named."""
    return browser.get(path).content.decode().partition("<head>")[0]


def choose(browser: Client, theme: str, back: str = QUEUE):
    return browser.post("/console/theme", {"theme": theme, "next": back})


def test_the_page_comes_in_the_chosen_colours(rita: Client) -> None:
    assert "data-theme" not in shown(rita)

    assert choose(rita, "dark", f"{QUEUE}?order=oldest")["Location"] == f"{QUEUE}?order=oldest"
    assert 'data-theme="dark"' in shown(rita)
    choose(rita, "light")
    assert 'data-theme="light"' in shown(rita)
    choose(rita, "system")
    assert "data-theme" not in shown(rita)


def test_nobody_needs_to_be_signed_in_for_it() -> None:
    browser = Client()

    choose(browser, "dark", "/console/login")

    assert 'data-theme="dark"' in shown(browser, "/console/login")


def test_what_is_no_theme_is_the_systems(rita: Client) -> None:
    rita.cookies["theme"] = '"><script>'
    assert "data-theme" not in shown(rita)

    assert choose(rita, "pink").cookies["theme"]["max-age"] == 0


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "", "javascript:alert(1)"])
def test_one_is_sent_nowhere_else(rita: Client, back: str) -> None:
    assert choose(rita, "dark", back)["Location"] == "/console/"


def test_it_takes_the_pages_own_form() -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_person())

    assert choose(browser, "dark").status_code == 403
    assert browser.get("/console/theme").status_code == 405
