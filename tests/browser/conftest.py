"""A real server, a real Redis and real browsers, on the rows that the test makes.

The server and the browsers are kept from test to test, since to start them takes longer than most tests do. Each test
gets empty tables, an empty Redis, and a tab of its own without cookies or anything else that an earlier one left.
"""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from redis import Redis
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.site import Site, environment, until
from tests.make import make_reviewer

__all__ = ["until"]

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
]
MOVING = (NoSuchElementException, StaleElementReferenceException)
NO_SCRIPTS = {"profile.managed_default_content_settings.javascript": 2}


class Browser(Chrome):
    """A browser in front of the site, with the few things that the tests do with it."""

    site: Site

    def open(self, path: str) -> None:
        self.get(self.site.url + path)

    def text(self, selector: str = "body") -> str:
        """The text at ``selector`` as shown; read in one go, since htmx may put another element there any time."""
        return self.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def shows(self, words: str, selector: str = "body") -> None:
        """Wait until ``words`` are there."""
        WebDriverWait(self, 15, 0.05).until(
            lambda _: words in self.text(selector), f"no {words!r} in {self.text(selector)}"
        )

    def says(self, words: str, selector: str) -> None:
        """Wait until ``words`` are there, without a script: for a browser that runs none.

        A page that goes away while it is read is an error of various kinds, one of them the driver's own.
        """
        WebDriverWait(self, 15, 0.05, [WebDriverException]).until(
            lambda _: words in self.find_element(By.CSS_SELECTOR, selector).text, f"no {words!r} at {selector}"
        )

    def click(self, selector: str) -> None:
        """Click what is there, also where the page puts another in its place at that moment."""

        def clicked(_: Any) -> bool:
            self.find_element(By.CSS_SELECTOR, selector).click()
            return True

        WebDriverWait(self, 15, 0.05, MOVING).until(clicked)

    def is_connected(self) -> None:
        """Wait until the page's sockets are open, so that it hears of what happens next."""
        WebDriverWait(self, 15, 0.05).until(
            lambda _: self.execute_script("return document.body.dataset.connected === 'yes'")
        )

    def sign_in(self, name: str) -> None:
        session = Client()
        session.force_login(make_reviewer(name))
        self.open("/console/login")
        self.add_cookie({"name": "sessionid", "value": session.cookies["sessionid"].value})

    def leave(self) -> None:
        """Forget who was signed in and what was kept, in a new tab: what was set for the old one goes with it."""
        self.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": self.site.url, "storageTypes": "all"})
        old = self.window_handles
        self.switch_to.new_window("tab")
        fresh = self.current_window_handle
        for handle in old:
            self.switch_to.window(handle)
            self.close()
        self.switch_to.window(fresh)


class Kept:
    """The site and the browsers that were started so far, by name."""

    def __init__(self, folder: Path, ending: ExitStack) -> None:
        self.folder = folder
        self.ending = ending
        self.site: Site | None = None
        self.browsers: dict[str, Browser] = {}

    def running(self) -> Site:
        """The site, in the environment as it is now."""
        now = environment()
        if self.site is None or self.site.environment != now:
            if self.site:
                self.site.stop()
            self.site = Site(self.folder / "daphne.log", now)
            self.ending.callback(self.site.stop)
        if not (self.site.process and self.site.process.poll() is None):
            self.site.start()
        return self.site

    def browser(self, name: str, site: Site, preferences: dict[str, Any] | None = None) -> Browser:
        """The browser of that name, as if it had just been started."""
        if driver := self.browsers.pop(name, None):
            driver.site = site
            try:
                driver.leave()
            except WebDriverException:  # the test before has left it in no state to go on
                driver.quit()
                driver = None
        if driver is None:
            driver = start_browser(site, self.folder / f"{name}-{uuid.uuid4().hex}", preferences)
            self.ending.callback(driver.quit)
        self.browsers[name] = driver
        return driver


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory, private_redis: Redis) -> Iterator[Kept]:
    with ExitStack() as ending:
        yield Kept(tmp_path_factory.mktemp("browsers"), ending)


@pytest.fixture
def site(transactional_db: None, kept: Kept) -> Site:
    return kept.running()


def start_browser(site: Site, folder: Path, preferences: dict[str, Any] | None = None) -> Browser:
    """A browser with a profile of its own."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in [*QUIET, f"--user-data-dir={folder}"]:
        options.add_argument(argument)
    options.add_experimental_option("prefs", preferences or {})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Browser(options=options, service=ChromeService(DRIVER))
    driver.site = site
    return driver


@contextmanager
def watched(driver: Browser) -> Iterator[Browser]:
    """In the end it must not have complained about the security policy, and it lets go of the site."""
    driver.get_log("browser")  # what an earlier test left
    try:
        yield driver
        complaints = [entry["message"] for entry in driver.get_log("browser")]
        assert not [message for message in complaints if "Content Security Policy" in message]
    finally:
        with suppress(WebDriverException):
            driver.get("about:blank")


@pytest.fixture
def rita(site: Site, kept: Kept) -> Iterator[Browser]:
    with watched(kept.browser("rita", site)) as driver:
        driver.sign_in("rita")
        yield driver


@pytest.fixture
def bob(site: Site, kept: Kept) -> Iterator[Browser]:
    with watched(kept.browser("bob", site)) as driver:
        driver.sign_in("bob")
        yield driver


@pytest.fixture
def plain(site: Site, kept: Kept) -> Iterator[Browser]:
    """A browser that runs no scripts."""
    with watched(kept.browser("plain", site, NO_SCRIPTS)) as driver:
        driver.implicitly_wait(10)  # for the next page
        yield driver
