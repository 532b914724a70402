"""Unsure pairs of a matching wait for a person, who answers on one page; the answers hold and are not asked again."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from escalations.models import Escalation
from operations.models import Operation
from operations.states import Status
from tests.console.conftest import rita
from tests.console.personal import SCRIPT, reveal
from tests.operations.conftest import post, settle
from tests.serving import registered
from tests.workers.conftest import place
from tests.workers.entity_matching.conftest import COMPANIES, company, owner, written
from workers import entity_matching
from workers.models import MatchDecision, MatchLink

__all__ = ["place", "rita", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

Settle = Callable[..., Operation]

OWNERS = [
    owner("1", "GULF WATERS LLC", "100 N MAIN ST"),
    owner("2", "PALM HARDWARE CORP", "9 LAKE RD"),
    owner("3", "MARLIN & SONS LLC", "7 HARBOR RD"),
]
ENTITIES = [
    company("A", "GULF WATERS LLC", "100 N MAIN ST"),
    company("B", "GULF WATERS INC", "100 N MAIN ST"),
    company("C", "PALM HARDWARE CORP", "9 LAKE RD"),
    company("D", "MARLIN SON LLC", "7 HARBOR RD"),
    company("E", "MARLINS SONS INC", "7 HARBOR RD"),
]


@pytest.fixture
def plant_url(transactional_db: None, place: Path) -> Iterator[str]:
    """The real worker takes the place of the test worker."""
    with registered(entity_matching.worker) as url:
        yield url


def matched() -> Operation:
    sides = {"left": written(OWNERS, "left"), "right": written(ENTITIES, "right")}
    keys = {"left_key": ["id"], "right_key": ["id"], "fields": COMPANIES, "linkage": "test"}
    return post(
        [
            {"id": "E1", "worker": "entity_matching", "action": "match_entities", "arguments": {**sides, **keys}},
            {
                "id": "E2",
                "worker": "entity_matching",
                "action": "settle",
                "arguments": {"matching": "#E1"},
                "validation": [{"check": "is_empty", "path": "open", "words": "nothing waits for a person"}],
            },
        ]
    )


def page_of(browser: Client, asked: Escalation) -> str:
    return browser.get(f"/console/escalations/{asked.pk}").content.decode()


def answer(browser: Client, asked: Escalation, answers: dict[str, str]) -> Any:
    """Choose for each candidate, by its key, and send the form."""
    page = page_of(browser, asked)
    form = page[page.index('id="decide"') :]
    said = {name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("revision", "decision_id")}
    for key, word in answers.items():
        card = page[page.index(f'<code dir="auto">{key}</code>') :]
        said[re.findall(r'name="(answer-[0-9-]+)"', card)[0]] = word
    return browser.post(f"/console/escalations/{asked.pk}/decide", said | {"decision": "edit"})


def test_one_escalation_shows_all_candidates_side_by_side(settle: Settle, rita: Client) -> None:
    operation = settle(matched(), 60)

    assert operation.status == Status.ESCALATING
    asked = operation.escalations.get()
    assert asked.message.endswith("open should be empty, but is a list of 2")
    [finding] = asked.findings
    assert [item["left_key"] for item in finding["items"]] == ["1", "3"]
    shown = reveal(rita, f"/console/escalations/{asked.pk}", headers=SCRIPT)
    page = " ".join(shown.content.decode().split())
    assert "GULF WATERS LLC" not in page_of(rita, asked)
    for words in (
        "GULF WATERS LLC",
        "GULF WATERS INC",
        "MARLIN SON LLC",
        "the same name in Florida",
        "Give these answers",
    ):
        assert words in page
    assert MatchLink.objects.filter(linkage="test").values_list("left_key", "right_key").get() == ("2", "C")


def test_answers_become_links_at_once_and_are_not_asked_again(settle: Settle, rita: Client) -> None:
    operation = settle(matched(), 60)
    asked = operation.escalations.get()

    response = answer(rita, asked, {"A": "different", "B": "same", "D": "same"})

    assert response.status_code == 302
    assert settle(operation, 60).status == Status.COMPLETED
    assert set(MatchLink.objects.values_list("left_key", "right_key", "by_person")) == {
        ("1", "B", True),
        ("2", "C", False),
        ("3", "D", True),
    }
    assert set(MatchDecision.objects.values_list("operation_id", flat=True)) == {operation.pk}
    assert list(operation.steps.values_list("step_id", "run").order_by("step_id")) == [("E1", 1), ("E2", 2)]
    again = settle(matched(), 60)
    assert again.status == Status.COMPLETED
    assert again.result is not None
    assert again.result["results"]["E1"]["linked"] == 3


def test_what_is_left_open_is_asked_again(settle: Settle, rita: Client) -> None:
    operation = settle(matched(), 60)

    answer(rita, operation.escalations.get(), {"D": "same"})

    operation = settle(operation, 60)
    assert operation.status == Status.ESCALATING
    [finding] = operation.escalations.open().get().findings
    assert [item["left_key"] for item in finding["items"]] == ["1"]


def test_no_answer_is_no_decision(settle: Settle, rita: Client) -> None:
    operation = settle(matched(), 60)
    asked = operation.escalations.get()

    response = answer(rita, asked, {})

    assert response.status_code == 422
    assert "Answer at least one of the questions" in response.content.decode()
    assert not MatchDecision.objects.exists()


def test_approving_accepts_the_certain_links_and_leaves_the_rest(settle: Settle, rita: Client) -> None:
    operation = settle(matched(), 60)
    asked = operation.escalations.get()
    form = page_of(rita, asked).split('id="decide"')[1]
    said = {name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("revision", "decision_id")}

    rita.post(f"/console/escalations/{asked.pk}/decide", said | {"decision": "approve"})

    assert settle(operation, 60).status == Status.COMPLETED
    assert MatchLink.objects.count() == 1
    assert not MatchDecision.objects.exists()
