"""A roll whose header has drifted is held with a proposal, and loads once a person decided how its columns are read."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from escalations.deciding.decisions import Answer, decide
from escalations.models import Escalation, Kind
from operations.models import Operation
from operations.states import Status
from tests.console.conftest import signed_in
from tests.console.typing import sent
from tests.operations.conftest import run_queue, settle
from tests.test_refuse_bad_rolls import lines, load, plant_url, rewrite, roll, rows_loaded, two_more
from workers.models import Release

__all__ = ["plant_url", "roll", "run_queue", "settle"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])
Cells = list[bytes]
PRICE, BOOK, PAGE, PARCEL = 18, 12, 13, 1


def renamed(number: int, cells: Cells) -> Cells:
    return [b"SALE_AMOUNT" if number == 0 and n == PRICE else cell for n, cell in enumerate(cells)]


def swapped(number: int, cells: Cells) -> Cells:
    return [cells[1], cells[0], *cells[2:]]


def one_missing(number: int, cells: Cells) -> Cells:
    return cells[:-1]


def without_prices(number: int, cells: Cells) -> Cells:
    return [cell for n, cell in enumerate(cells) if n != PRICE]


DRIFTED: dict[str, tuple[Callable[[int, Cells], Cells], dict[str, str], list[str]]] = {
    "two more": (two_more, {"EXTRA_1": "", "EXTRA_2": ""}, ["New, to be left out: 'EXTRA_1', 'EXTRA_2'"]),
    "one renamed": (renamed, {"SALE_AMOUNT": "SALE_PRC"}, ["Renamed: 'SALE_AMOUNT' to be read as SALE_PRC"]),
    "two swapped": (
        swapped,
        {"PARCEL_ID": "PARCEL_ID", "CO_NO": "CO_NO"},
        ["Moved: PARCEL_ID, CO_NO, read by their names"],
    ),
    "one missing": (one_missing, {"STATE_PARCEL_ID": ""}, ["Missing, to be left empty: STATE_PARCEL_ID"]),
}


@pytest.mark.parametrize("case", DRIFTED)
def test_it_is_held_with_a_proposal_and_loads_once_a_person_decided(
    settle: Callable[..., Operation], roll: Path, case: str
) -> None:
    drift, mapping, words = DRIFTED[case]
    rewrite(roll, lines(drift))
    operation = load(settle)
    question = operation.escalations.get()

    assert operation.status == Status.ESCALATING
    assert question.reason == "step_failed"
    [finding] = question.findings
    assert all(word in finding["message"] for word in ["SDF73P202501.csv", *words])
    assert proposed(finding["message"]) == mapping
    assert rows_loaded() == 0
    assert not Release.objects.filter(state="loaded").exists()

    edit(question, mapping)
    settle(operation)

    assert operation.status == Status.COMPLETED, operation.confidence
    assert operation.result
    assert rows_loaded() == operation.result["records_uploaded"] > 0


def test_every_cell_ends_where_it_belongs(settle: Callable[..., Operation], roll: Path) -> None:
    load(settle)
    good = prices()
    rewrite(roll, lines(lambda number, cells: two_more(number, renamed(number, swapped(number, cells)))))
    operation = load(settle)
    assert prices() == good

    edit(operation.escalations.get(), proposed(operation.escalations.get().findings[0]["message"]))
    settle(operation)

    assert operation.status == Status.COMPLETED, operation.confidence
    assert Release.objects.count() == 2
    assert prices() == good


def test_what_a_rule_needs_cannot_be_mapped_away(settle: Callable[..., Operation], roll: Path) -> None:
    rewrite(roll, lines(without_prices))
    operation = load(settle)
    question = operation.escalations.get()
    assert "cannot be loaded without SALE_PRC" in question.message

    edit(question, {"SALE_PRC": ""})
    settle(operation)

    assert operation.status == Status.ESCALATING
    assert "cannot be read without SALE_PRC" in operation.escalations.open().get().message
    assert rows_loaded() == 0


def test_a_mapping_of_another_file_is_refused_by_name(settle: Callable[..., Operation], roll: Path) -> None:
    rewrite(roll, lines(renamed))
    operation = load(settle)

    edit(operation.escalations.get(), {"PREIS": "SALE_PRC"})
    settle(operation)

    message = operation.escalations.open().get().message
    assert "SDF73P202501.csv has no column 'PREIS'" in message
    assert rows_loaded() == 0


def test_a_reviewer_takes_the_proposal_in_the_console(settle: Callable[..., Operation], roll: Path) -> None:
    rewrite(roll, lines(renamed))
    operation = load(settle)
    question = operation.escalations.get()
    [step_id] = question.steps
    rita, address = signed_in("rita"), f"/console/escalations/{question.pk}/edit"

    page = rita.get(address).content.decode()
    page = rita.post(f"{address}/preview", sent(page, "edit", **{f"{step_id}/mapping as": "value"})).content.decode()
    assert "&quot;SALE_AMOUNT&quot;: &quot;SALE_PRC&quot;" in page
    assert rita.post(f"{address}/resume", sent(page, "edit")).status_code == 302
    settle(operation)

    assert operation.status == Status.COMPLETED, operation.confidence
    assert operation.result
    assert rows_loaded() == operation.result["records_uploaded"] > 0


def proposed(message: str) -> dict[str, str]:
    """The mapping in an error's last sentence."""
    found = re.search(r"the argument mapping: (\{.*\})\.$", message)
    assert found, message
    return json.loads(found[1])


def edit(question: Escalation, mapping: dict[str, str]) -> None:
    """Let the step run again with the mapping, as a reviewer would over the API."""
    [step_id] = question.steps
    step = question.operation.steps.get(step_id=step_id)
    edits: dict[str, dict[str, Any]] = {step_id: {**step.arguments, "mapping": mapping}}
    answer = Answer(Kind.EDIT, edits=edits)
    decide(question, answer, who="rita", revision=question.revision, decision_id=f"edit {question.pk}")


def prices() -> list[Any]:
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("SELECT parcel_id, sale_id_cd, sale_prc, or_book, co_no FROM sdf_current ORDER BY 1, 2")
        return cursor.fetchall()
