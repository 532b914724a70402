"""GET /operations: pages, filters, and what a list costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.models import Operation
from tests.api.conftest import Caller
from tests.make import make_operation

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def ids(response: Any) -> list[str]:
    return [row["operation_id"] for row in response.json()["results"]]


def make_at(caller: Caller, time: datetime, **fields: Any) -> str:
    operation = make_operation(caller.row, **fields)
    Operation.objects.filter(pk=operation.pk).update(created_at=time)
    return operation.pk


def test_the_newest_comes_first_and_rows_have_no_steps(alice: Caller) -> None:
    old, new = make_at(alice, NOON), make_at(alice, NOON + timedelta(hours=1))

    response = alice.get("/operations")

    assert ids(response) == [new, old]
    assert "steps" not in response.json()["results"][0]


def test_pages_hold_every_row_once_while_new_ones_arrive(alice: Caller) -> None:
    made = [make_at(alice, NOON + timedelta(seconds=number // 3)) for number in range(10)]
    seen: list[str] = []
    url: str | None = "/operations?limit=3"
    while url:
        page = alice.get(url)
        seen += ids(page)
        make_at(alice, NOON + timedelta(days=1))
        url = page.json()["next"]

    assert sorted(seen) == sorted(made)


def test_previous_leads_back(alice: Caller) -> None:
    for number in range(4):
        make_at(alice, NOON + timedelta(seconds=number))
    first = alice.get("/operations?limit=2")
    second = alice.get(first.json()["next"])

    assert ids(alice.get(second.json()["previous"])) == ids(first)


def test_the_filters(alice: Caller, bob: Caller, admin: Caller) -> None:
    early = make_at(alice, NOON)
    late = make_at(alice, NOON + timedelta(hours=2), operation_type="data_validation")
    bobs = make_at(bob, NOON + timedelta(hours=1))
    alice.send(f"/operations/{late}/cancel")

    assert ids(admin.get("/operations?status=cancelled,failed")) == [late]
    assert ids(admin.get("/operations?status=planning")) == [bobs, early]
    assert ids(admin.get("/operations?operation_type=data_validation")) == [late]
    assert ids(admin.get("/operations?created_after=2026-11-23T13:00:00Z")) == [late, bobs]
    assert ids(admin.get("/operations?created_before=2026-11-23T13:00:00Z")) == [early]
    assert ids(admin.get("/operations?client=bob")) == [bobs]
    assert ids(admin.get(f"/operations?q={early[-8:]}")) == [early]
    assert ids(alice.get("/operations?client=bob")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("stauts=failed", "stauts"),
        ("status=fialed", "status"),
        ("operation_type=x", "operation_type"),
        ("created_after=yesterday", "created_after"),
        ("cursor=nonsense", "cursor"),
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
    ],
)
def test_a_bad_filter_is_named(alice: Caller, query: str, field: str) -> None:
    response = alice.get(f"/operations?{query}")

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("rows", [1, 30])
def test_a_list_takes_two_queries_whatever_its_length(alice: Caller, rows: int, django_assert_num_queries: Any) -> None:
    for _ in range(rows):
        make_operation(alice.row)
    alice.get("/operations")  # notes the key's use

    with django_assert_num_queries(2):  # the key, the rows
        assert len(ids(alice.get("/operations"))) == rows
