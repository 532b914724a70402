"""GET /operations/{id}/evidence: what a compressed text left out can be looked up by its reference."""

from typing import Any

import pytest

from operations.compression import compress, decode
from operations.models import Operation, Step
from operations.states import StepStatus
from tests.api.conftest import Caller
from tests.make import make_operation

pytestmark = pytest.mark.django_db

ROWS = [
    {"parcel": f"{4741190300 + number * number:012d}", "price": number * number * 7919 % 1_000_003}
    for number in range(312)
]
REPORT = "The roll is large. " * 3000


@pytest.fixture
def operation(alice: Caller) -> Operation:
    operation = make_operation(alice.row)
    _step(operation, "E1", 1, result={"rows": ROWS, "report": REPORT, "count": 312, "by name": {"a b": 1}})
    _step(operation, "E2", 2, for_each="#E1.rows", result=None)
    _step(operation, "E2[0]", 2, template="E2", index=0, result={"loaded": 7})
    _step(operation, "E2[1]", 2, template="E2", index=1, status=StepStatus.FAILED, result=None)
    _step(operation, "E2[2]", 2, template="E2", index=2, result={"loaded": 9})
    _step(operation, "E3", 3, status=StepStatus.RUNNING, result=None)
    return operation


def _step(operation: Operation, step_id: str, position: int, **fields: Any) -> None:
    given = {"worker": "plant", "action": "grow", "status": StepStatus.COMPLETED, **fields}
    Step.objects.create(operation=operation, step_id=step_id, position=position, **given)


def look(client: Caller, operation: Operation, query: str) -> Any:
    return client.get(f"/operations/{operation.pk}/evidence?{query}")


def test_a_list_comes_in_pieces_until_all_of_it_was_there(alice: Caller, operation: Operation) -> None:
    found: list[Any] = []
    address = f"/operations/{operation.pk}/evidence?ref=E1.rows&limit=100"
    while address:
        answer = alice.get(address).json()
        assert (answer["kind"], answer["total"], answer["offset"]) == ("list", 312, len(found))
        found += answer["value"]
        address = answer["next"]

    assert found == ROWS


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("ref=E1.rows.17", ROWS[17]),
        ("ref=%23E1.rows.17.price", ROWS[17]["price"]),
        ("ref=E1.rows&offset=310", ROWS[310:]),
        ("ref=E1.rows&offset=999", []),
        ("ref=E1.report&offset=4&limit=4", "roll"),
        ("ref=E1.count", 312),
        ("ref=E1&offset=3", {"by name": {"a b": 1}}),
        ("ref=E2", [{"loaded": 7}, {"loaded": 9}]),
        ("ref=E2.1.loaded", 9),
        ("ref=E2[2].loaded", 9),
    ],
)
def test_a_reference_means_what_it_means_in_arguments(
    alice: Caller, operation: Operation, query: str, value: Any
) -> None:
    assert look(alice, operation, query).json()["value"] == value


def test_a_long_text_comes_in_pieces(alice: Caller, operation: Operation) -> None:
    first = look(alice, operation, "ref=E1.report").json()
    following = alice.get(first["next"]).json()

    assert (first["kind"], first["total"], len(first["value"])) == ("text", len(REPORT), 20_000)
    assert REPORT.startswith(first["value"] + following["value"])


def test_every_reference_of_a_compressed_result_is_found(alice: Caller, operation: Operation) -> None:
    result = operation.steps.get(step_id="E1").result

    compressed = compress(result, limit=300, reference="#E1")

    assert {omission.reference for omission in compressed.omitted} == {"#E1.rows", "#E1.report"}
    for omission in compressed.omitted:
        assert look(alice, operation, f"ref={omission.reference.removeprefix('#')}").json()["total"] in (
            312,
            len(REPORT),
        )
    for row in decode(compressed.text)["rows"]["shown"]:
        whole = look(alice, operation, f"ref=E1.rows.{row['row']}").json()["value"]
        assert whole["parcel"] == row["parcel"]


@pytest.mark.parametrize(
    ("query", "status", "field", "said"),
    [
        ("ref=rows", 400, "ref", "is no reference: write E2, E2.rows.17"),
        ("ref=item", 400, "ref", "is no reference"),
        ("ref=%23%23E1", 400, "ref", "is no reference"),
        ("ref=E1.", 400, "ref", "is no reference"),
        ("", 400, "ref", "required"),
        ("ref=E1&limit=0", 400, "limit", "greater than or equal to 1"),
        ("ref=E1&offset=-1", 400, "offset", "greater than or equal to 0"),
        ("ref=E1&page=2", 400, "page", "There is no 'page' here"),
        ("ref=E9", 404, None, "#E9: there is no such step"),
        ("ref=E1.rows.900", 404, None, "there is no '900' in a list of 312"),
        ("ref=E3", 404, None, "E3 has no result, it is running"),
    ],
)
def test_a_bad_reference_is_named(
    alice: Caller, operation: Operation, query: str, status: int, field: str | None, said: str
) -> None:
    response = look(alice, operation, query)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert said in response.json()["detail"]
    assert [error["field"] for error in response.json().get("errors", [])] == ([field] if field else [])


def test_only_who_may_see_the_operation_may_look(bob: Caller, eve: Caller, admin: Caller, operation: Operation) -> None:
    assert look(bob, operation, "ref=E1").status_code == 404
    assert look(eve, operation, "ref=E1").status_code == 401
    assert look(admin, operation, "ref=E1.count").json()["value"] == 312
