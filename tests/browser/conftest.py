"""A real server, a real Redis and real browsers, on the rows that the test makes."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.make import make_reviewer

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


class Site:
    """Daphne as a process of its own, which a test may stop and start again at the same address."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "WAREHOUSE_URL": f"sqlite:///{connections['warehouse'].settings_dict['NAME']}",
            "REDIS_URL": settings.REDIS_URL,
        }
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "concord.asgi:application"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log)
        until(self._answers, f"the site did not start; see {self.log}")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def until(happens: Callable[[], Any], otherwise: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


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
        """Wait until ``words`` are there, without a script: for a browser that runs none."""
        WebDriverWait(self, 15, 0.05, MOVING).until(
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


@pytest.fixture
def site(transactional_db: None, tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "daphne.log")
    site.start()
    try:
        yield site
    finally:
        site.stop()


@contextmanager
def browser(site: Site, folder: Path, preferences: dict[str, Any] | None = None) -> Iterator[Browser]:
    """A browser with a profile of its own. In the end it must not have complained about the security policy."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in [*QUIET, f"--user-data-dir={folder}"]:
        options.add_argument(argument)
    options.add_experimental_option("prefs", preferences or {})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Browser(options=options, service=ChromeService(DRIVER))
    driver.site = site
    try:
        yield driver
        complaints = [entry["message"] for entry in driver.get_log("browser")]
        assert not [message for message in complaints if "Content Security Policy" in message]
    finally:
        driver.quit()


@pytest.fixture
def rita(site: Site, tmp_path: Path) -> Iterator[Browser]:
    with browser(site, tmp_path / "rita") as driver:
        driver.sign_in("rita")
        yield driver


@pytest.fixture
def bob(site: Site, tmp_path: Path) -> Iterator[Browser]:
    with browser(site, tmp_path / "bob") as driver:
        driver.sign_in("bob")
        yield driver


@pytest.fixture
def plain(site: Site, tmp_path: Path) -> Iterator[Browser]:
    """A browser that runs no scripts."""
    with browser(site, tmp_path / "plain", NO_SCRIPTS) as driver:
        driver.implicitly_wait(10)  # for the next page
        yield driver
