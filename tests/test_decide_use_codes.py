"""Use codes that nothing could tell wait for a person, who chooses among the candidates; the answers are the result."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from django.test import Client

from escalations.models import Escalation
from operations.models import Operation
from operations.states import Status
from tests.console.conftest import rita
from tests.make import make_escalation, make_operation
from tests.operations.conftest import post, settle
from tests.serving import registered
from tests.workers.ai_ml.make import in_store, make_roll
from workers import ai_ml, datasets

__all__ = ["rita", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

Settle = Callable[..., Operation]


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The real worker takes the place of the test worker."""
    with registered(ai_ml.worker) as url:
        yield url


def unsure() -> Operation:
    """A roll with three parcels whose code is gone, and a threshold that no guess reaches."""
    roll = make_roll().with_columns(DOR_UC=pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise("DOR_UC"))
    arguments = {"rows": in_store(roll), "threshold": 0.9999, "doubt_above": 0.9999}
    rule = {"check": "is_empty", "path": "review_items", "words": "no use code is unsure or looks wrong"}
    step = {"id": "E1", "worker": "ai_ml", "action": "assign_use_codes", "arguments": arguments, "validation": [rule]}
    return post([step])


def page_of(browser: Client, asked: Escalation) -> str:
    response = browser.get(f"/console/escalations/{asked.pk}")
    assert response.status_code == 200
    return response.content.decode()


def test_each_parcel_shows_its_candidates_and_the_choice_becomes_its_code(settle: Settle, rita: Client) -> None:
    operation = settle(unsure(), 60)
    assert operation.status == Status.ESCALATING, operation.error
    asked = operation.escalations.get()
    items = asked.findings[0]["items"]
    page = page_of(rita, asked)
    assert "Which is right?" in page
    assert all(item["record"]["parcel_id"] in page and item["options"][0]["words"] in page for item in items)

    form = page[page.index('id="decide"') :]
    said: dict[str, Any] = {
        name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("revision", "decision_id")
    }
    chosen = {item["key"]: item["options"][-1]["value"] for item in items}
    for number, item in enumerate(items):
        said[f"answer-0-{number}"] = chosen[item["key"]]
    assert rita.post(f"/console/escalations/{asked.pk}/decide", said | {"decision": "edit"}).status_code == 302

    assert settle(operation, 60).status == Status.COMPLETED
    [step] = operation.steps.all()
    assert step.result
    assert (step.result["by_person"], step.result["unsure"]) == (3, 0)
    written = datasets.read(step.result["assignments"]).filter(pl.col("by") == "person")
    assert {f"{row['co_no']} {row['parcel_id']}": row["use_code"] for row in written.to_dicts()} == chosen


def test_a_value_that_was_not_offered_is_no_answer(settle: Settle, rita: Client) -> None:
    asked = settle(unsure(), 60).escalations.get()
    form = page_of(rita, asked).split('id="decide"')[1]
    said = {name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("revision", "decision_id")}

    said |= {"decision": "edit", "answer-0-0": "no code"}
    response = rita.post(f"/console/escalations/{asked.pk}/decide", said)

    assert response.status_code == 422
    assert "Answer at least one of the questions." in response.content.decode()


@pytest.mark.parametrize(
    "items",
    [[{"candidates": [{"votes": 1}]}], [{"key": 1, "options": ["x", {}]}], [{"left_key": "a", "candidates": ["x"]}], 7],
)
def test_entries_of_another_shape_are_shown_as_findings_and_ask_nothing(rita: Client, items: Any) -> None:
    finding = {"step": "E1", "rule": "nothing is left", "message": "a list", "items": items}
    asked = make_escalation(make_operation(status=Status.ESCALATING), findings=[finding])

    assert "Which is right?" not in page_of(rita, asked)
