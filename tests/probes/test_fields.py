"""Whatever is typed into a field of the console or the admin, or written into an address, stays a text."""

from typing import Any

import pytest

from operations.models import Operation
from tests.browser.every_page import fill
from tests.probes import payloads
from tests.probes.conftest import Target
from tests.probes.crawler import Crawler, Form

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

STARTS = ["/admin/", "/console/", "/console/account", "/console/audit"]


# Written into one field at a time; all others are written into all fields of a form at once.
ONE_BY_ONE = (payloads.MARKUP, payloads.TIMES[1])


def attack(crawler: Crawler, form: Form) -> dict[str, list[str]]:
    """Send the form with each payload. What came of it, by what was sent."""
    sent = [(payload, form.names) for payload in payloads.ALL]
    sent += [(payload, [name]) for payload in ONE_BY_ONE for name in form.names if len(form.names) > 1]
    harmed = {}
    for payload, names in sent:
        if harm := payloads.harm(crawler.send(form.with_value(payload, *names))):
            harmed[f"{form.method} {form.action} {names} {payload[:40]!r}"] = harm
    return harmed


@pytest.mark.usefixtures("restarted")
def test_fields_of_all_pages(target: Target) -> None:
    root = target.administrator()
    crawler = Crawler(root)
    crawler.walk([*STARTS, *(page for pages in fill("root").values() for page in pages)])
    assert len(crawler.forms) > 40

    harmed: dict[str, Any] = {}
    for form in crawler.forms.values():
        harmed |= attack(crawler, form)

    assert harmed == {}
    assert Operation.objects.exists()
