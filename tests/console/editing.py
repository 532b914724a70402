"""A question whose steps can be edited, and the form as a reviewer fills it in."""

import re
from html import unescape
from typing import Any

from django.test import Client

from escalations.models import Escalation
from operations.models import Operation, Step
from operations.states import Reason, Status
from tests.console.typing import Fields, sent
from tests.make import make_escalation, make_operation


def make_step(operation: Operation, step_id: str, action: str, **fields: Any) -> Step:
    fields = {"worker": "plant", "position": int(step_id[1:])} | fields
    return operation.steps.create(step_id=step_id, action=action, **fields)


def make_failed(**fields: Any) -> Escalation:
    """E1 is done, E2 (which goes by it) failed, E3 needs E2, E4 is done and needs nothing."""
    operation = make_operation(status=Status.ESCALATING, plan={"steps": []})
    make_step(operation, "E1", "numbers", arguments={"upto": 2}, status="completed", result={"numbers": [1, 2]})
    make_step(operation, "E2", "judge", arguments={"value": "#E1.numbers.1"}, status="failed", error="it is too much")
    make_step(operation, "E3", "double", arguments={"value": "#E2.value"})
    make_step(operation, "E4", "say", arguments={"text": "05"}, status="completed", result={"text": "05"})
    given = {"reason": Reason.STEP_FAILED, "message": "E2 failed", "steps": ["E2"]}
    return make_escalation(operation, **given | fields)


def address(escalation: Escalation, more: str = "") -> str:
    return f"/console/escalations/{escalation.pk}/edit{more}"


def opened(browser: Client, escalation: Escalation, query: str = "") -> str:
    return browser.get(address(escalation, query)).content.decode()


def previewed(browser: Client, escalation: Escalation, form: Fields, status: int = 200) -> str:
    response = browser.post(address(escalation, "/preview"), form)
    page = response.content.decode()
    assert response.status_code == status, words(page)
    return page


def resumed(browser: Client, escalation: Escalation, page: str, **typed: str) -> Any:
    return browser.post(address(escalation, "/resume"), sent(page, "edit", **typed))


def words(page: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split()))


def edit(browser: Client, escalation: Escalation, query: str = "", **typed: str) -> str:
    """The page with what ``typed`` would change."""
    return previewed(browser, escalation, sent(opened(browser, escalation, query), "edit", **typed))


GIVEN = {"E2/limit as": "value", "E2/limit integer": "9"}
