"""What others send runs nothing in a real browser, and what the pages show of it stays in its place."""

import pytest

from operations import live
from tests.browser.conftest import CHROMIUM, DRIVER
from tests.console.hostile import make_hostile_day, pages_around, pages_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]

FOREIGN = "return document.querySelectorAll('script:not([src]), img[onerror], main script, main style').length"


def test_hostile_content_runs_nothing_and_is_no_wider_than_a_phone(rita):
    escalation = make_hostile_day("rita")
    live.announcer.flush()
    rita.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": True}
    )

    for name, path in (pages_of(escalation) | pages_around(escalation)).items():
        rita.open(path)  # an alert that was open would stop what follows; the fixture looks at the policy's complaints
        assert rita.text("h1"), name
        rita.execute_script("for (const folded of document.querySelectorAll('details')) folded.open = true")
        assert rita.execute_script("return document.documentElement.scrollWidth") <= 375, name
        assert rita.execute_script(FOREIGN) == 0, name


def test_hostile_news_are_text_too(rita):
    escalation = make_hostile_day("rita")
    escalation.refresh_from_db()
    live.announcer.flush()
    for path in ("/console/escalations", f"/console/escalations/{escalation.pk}", "/console/notices"):
        rita.open(path)
        rita.is_connected()
        rita.execute_script("document.getElementById('main').dataset.same = 'yes'")

        escalation.release(escalation.claimed_by)
        escalation.claim("<img src=x onerror=alert(3)>")
        live.announce(escalation.operation)

        rita.shows("alert(", "main")
        assert rita.execute_script(FOREIGN) == 0, path
