"""What others send, whatever it is: the pages show it harmlessly, stay small, and ask the database no more for it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from escalations.models import Escalation
from operations.models import Operation, Step
from operations.states import Reason, Status, StepStatus
from tests.make import make_escalation, make_operation

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])

MOST_BYTES = 500_000
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe' \" {{ 7|add:7 }} {% url 'x' %}&#x3c;"
# PostgreSQL takes no NUL in JSON, so no door of ours lets one in; the text of one is as far as it gets.
HUGE = f"{HOSTILE}\\u0000{'<' * 1_000_000}"

RULE = {"rule": HOSTILE, "severity": HOSTILE, "basis": HOSTILE, "violations": 3, "examples": [{HOSTILE: HOSTILE}]}


def hostile_value() -> dict[str, Any]:
    """JSON with something harmful in every place."""
    return {
        HOSTILE: HOSTILE,
        "rows": [{HOSTILE: HOSTILE, f"{HOSTILE}2": [HOSTILE], "nested": {HOSTILE: {HOSTILE: [[HOSTILE]]}}}] * 30,
        "long": HUGE,
        "list": [HOSTILE] * 500,
        "dataset": {"$dataset": HOSTILE, "rows": HOSTILE, "bytes": [], "schema": {HOSTILE: HOSTILE}},
        "rules": [RULE],
        "rows_quarantined": 5,
        "rows_read": HOSTILE,
        "quarantine": {"$dataset": HOSTILE, "bytes": 10},
        "quarantine_reasons": {HOSTILE: HOSTILE},
        "release": HOSTILE,
    }


def make_hostile(steps: int = 3) -> Escalation:
    """A question about an operation of so many steps, all of whose content wants to do harm."""
    now = timezone.now()
    operation = make_operation(status=Status.ESCALATING)
    Operation.objects.filter(pk=operation.pk).update(
        parameters=hostile_value(),
        metadata=hostile_value(),
        result=hostile_value(),
        error=HUGE,
        confidence_score=0.4,
        confidence=[{"name": HOSTILE, "value": 0.1, "weight": 1, "words": HUGE}, HOSTILE, {}],
        plan={"steps": []},
    )
    operation.refresh_from_db()
    operation.steps.bulk_create(_steps(operation, steps, now), batch_size=100)
    for _ in range(3):
        operation.record(HOSTILE[:32], HUGE, actor=HOSTILE[:150])
    findings = [{"step": "E2", "label": HOSTILE, "rule": HUGE, "message": HUGE, "items": [hostile_value()]}, HOSTILE, 7]
    fields = {"findings": findings, "steps": ["E2", HOSTILE]}
    return make_escalation(operation, reason=Reason.RULE_FAILED, message=HUGE, **fields)


def _steps(operation: Operation, number: int, now: Any) -> Iterator[Step]:
    for at in range(1, number + 1):
        whole = hostile_value() if at < 4 else {"value": HOSTILE}
        yield Step(
            operation=operation,
            step_id=f"E{at}",
            position=at,
            worker=HOSTILE[:64],
            action=f"{at}{HOSTILE}"[:64],
            label=HOSTILE[:200],
            arguments=whole | {"taken": f"#E1.{'x' * (900 if at < 4 else 9)} #E{max(1, at - 1)}.long"},
            result=whole,
            error=HUGE if at < 4 else HOSTILE * 3,
            status=StepStatus.FAILED if at % 3 else StepStatus.RUNNING,
            progress={"done": 3, "total": 10, "message": HUGE if at < 4 else HOSTILE},
            started_at=now,
        )


def pages_of(escalation: Escalation) -> dict[str, str]:
    operation = f"/console/operations/{escalation.operation_id}"
    return {
        "escalation": f"/console/escalations/{escalation.pk}",
        "operation": operation,
        "step": f"{operation}/steps/E2",
    }


def assert_harmless(page: str) -> None:
    """No element, no attribute and no turn of the reading direction came from the content."""
    # Not asserted of the page itself, which nobody wants to read in the message.
    bare = re.sub(r'"[^"]*"', '""', page)
    turned = re.search(r".{60}\u202e", page)
    harm = [text for text in ("<script>", "<img src=x", turned and turned[0]) if text and text in page]
    harm += re.findall(r"<script(?! src=)[^>]{0,80}|<style| style=| on[a-z]+=\"", bare)[:3]
    missing = [text for text in ("alert(1)", "7|add:7") if text not in page]
    assert (harm, missing) == ([], [])


@pytest.mark.parametrize("name", ["escalation", "operation", "step"])
def test_hostile_content_is_text_and_nothing_else(rita: Client, name: str) -> None:
    response = rita.get(pages_of(make_hostile())[name])

    assert response.status_code == 200
    assert_harmless(response.content.decode())
    assert len(response.content) < MOST_BYTES


def test_ten_thousand_steps_make_pages_of_a_sane_size_with_as_many_queries_as_three(rita: Client) -> None:
    few, many = pages_of(make_hostile(3)), pages_of(make_hostile(10_000))

    for name in ("escalation", "operation"):
        counts = []
        for pages in (few, many):
            with CaptureQueriesContext(connection) as queries:
                response = rita.get(pages[name])
            counts.append(len(queries))
            assert len(response.content) < MOST_BYTES, name
        # How many steps a very long plan has is counted, and the types' settings are read anew every few seconds.
        assert counts[1] <= counts[0] + 2, name
        assert b"9,880 more" in response.content, name


def test_hostile_numbers_of_steps_and_events_are_not_found_or_ignored(rita: Client) -> None:
    page = pages_of(make_hostile())["operation"]

    for before in ("x", "-1", "9" * 40, "٣", "0", "1%00"):
        assert rita.get(f"{page}?before={before}").status_code == 200
    assert rita.get(f"{page}/steps/E99").status_code == 404


def test_what_is_shown_as_a_table_is_bounded(rita: Client) -> None:
    escalation = make_hostile()
    many = [{f"column {number}": number for number in range(50)}] * 1000
    escalation.operation.steps.filter(step_id="E2").update(result={"rows": many})

    page = rita.get(pages_of(escalation)["step"]).content.decode()

    assert page.count("the first 10 of 1,000") >= 1
    table = page[page.index('<table class="grid">') :]
    assert table[: table.index("</table>")].count("<tr>") == 11
