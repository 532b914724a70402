"""axe-core on every page of the console, filled and empty, light and dark; and no page wider than its window."""

from http.client import METHOD_NOT_ALLOWED
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from selenium.webdriver.common.by import By

from tests.browser.conftest import CHROMIUM, DRIVER, Browser
from tests.browser.every_page import FRAGMENTS, QUEUE, addresses, fill
from tests.make import make_person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "warehouse"], transaction=True),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

PACKAGE = find_spec("axe_playwright_python")
EMPTY = ["/console/", QUEUE, "/console/operations", "/console/workers", "/console/mine", "/console/notices"]
EMPTY += ["/console/data", "/console/data/releases", "/console/data/coverage"]
ANSWER = "return performance.getEntriesByType('navigation')[0].responseStatus"
# The answers that are none of success, of pages that are looked at all the same.
EXPECTED = {"/console/nowhere": 404, f"{QUEUE}?older=soon": 422, f"{QUEUE}?assigned=eve": 403}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK = """
    const [only, done] = arguments;
    for (const details of document.querySelectorAll("details")) details.open = true;
    const rules = {"label-content-name-mismatch": {enabled: true}};
    axe.run({runOnly: only, rules: only.type === "tag" ? rules : {}, resultTypes: ["violations"]}).then(
        ({violations}) => done(violations.flatMap(({id, nodes}) => nodes.map(
            (node) => `${id}: ${node.target.flat()}: ${node.html.slice(0, 160)}: ${node.failureSummary.slice(0, 300)}`
        ))),
        (error) => done([String(error)])
    );
"""
DIALOG = "document.getElementById('show-keys').click()"


@pytest.fixture
def reader(rita: Browser) -> Browser:
    """Rita's browser, with axe in each page and without anything that moves."""
    assert PACKAGE
    assert PACKAGE.origin
    source = Path(PACKAGE.origin).with_name("axe.min.js").read_text()
    rita.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    rita.set_script_timeout(60)
    return rita


def emulate(browser: Browser, scheme: str) -> None:
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    given = {"features": [{"name": name, "value": value} for name, value in features.items()]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", given)


def problems(browser: Browser, path: str) -> list[str]:
    """What axe finds there in light, and what of the colours it finds in dark."""
    emulate(browser, "light")
    browser.open(path)
    assert browser.execute_script(ANSWER) == EXPECTED.get(path, 200), path
    found = browser.execute_async_script(LOOK, {"type": "tag", "values": TAGS})
    emulate(browser, "dark")
    found += browser.execute_async_script(LOOK, {"type": "rule", "values": ["color-contrast"]})
    return [f"{path}: {one}" for one in found]


def wider(browser: Browser, path: str, width: int) -> list[str]:
    """What sticks out, if the page is wider than the window of that width."""
    metrics = {"width": width, "height": 812, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.open(path)
    browser.execute_script("for (const details of document.querySelectorAll('details')) details.open = true")
    is_wide = browser.execute_script("return document.documentElement.scrollWidth")
    return [f"{path} at {width}: {is_wide}"] if is_wide > width else []


def test_every_page_has_its_place_in_these_tests(rita: Browser) -> None:
    pages = fill("rita")
    client = Client()
    client.force_login(User.objects.get(username="rita"))

    read = [name for name, address in addresses() if client.get(address).status_code != METHOD_NOT_ALLOWED]

    assert set(read) - FRAGMENTS == set(pages), "tests/browser/every_page.py has not all pages"


def test_axe_finds_nothing_on_any_page(reader: Browser) -> None:
    found = [problem for path in [*EMPTY, "/console/nowhere"] for problem in problems(reader, path)]
    for paths in fill("rita").values():
        for path in paths:
            found += problems(reader, path)

    assert found == []


def test_axe_finds_nothing_where_one_is_not_let_in(reader: Browser) -> None:
    reader.delete_all_cookies()
    found = problems(reader, "/console/login")
    session = Client()
    session.force_login(make_person("eve"))
    reader.add_cookie({"name": "sessionid", "value": session.cookies["sessionid"].value})
    found += problems(reader, f"{QUEUE}?assigned=eve")

    assert "This is not for you" in reader.text("h1")
    assert found == []


def test_axe_finds_nothing_in_the_list_of_keys(reader: Browser) -> None:
    reader.open(QUEUE)
    reader.execute_script(DIALOG)

    assert reader.find_element(By.ID, "keys").is_displayed()
    assert reader.execute_async_script(LOOK, {"type": "tag", "values": TAGS}) == []


@pytest.mark.parametrize("width", [320, 375])
def test_no_page_is_wider_than_a_phone(rita: Browser, width: int) -> None:
    found = [problem for path in EMPTY for problem in wider(rita, path, width)]
    for paths in fill("rita").values():
        for path in paths:
            found += wider(rita, path, width)

    assert found == []
