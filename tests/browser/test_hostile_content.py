"""What others send runs nothing in a real browser, and what the pages show of it stays in its place."""

import pytest

from operations import live
from tests.browser.conftest import CHROMIUM, DRIVER
from tests.console.test_hostile_content import make_hostile, pages_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]


def test_hostile_content_runs_nothing_and_is_no_wider_than_a_phone(rita):
    escalation = make_hostile()
    live.announcer.flush()
    rita.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": True}
    )

    for name, path in pages_of(escalation).items():
        rita.open(path)  # an alert that was open would stop what follows; the fixture looks at the policy's complaints
        assert rita.execute_script("return document.documentElement.scrollWidth") <= 375, name
        assert rita.execute_script("return document.querySelectorAll('script:not([src]), img[onerror]').length") == 0
