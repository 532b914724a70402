"""What models cost, on the operation's page and in the admin."""

import re
from typing import Any

import pytest
from django.test import Client

from operations import ledger
from operations.models import Operation, Step
from tests.make import make_operation, make_person

SPENT = {"model": "gpt-4o", "prompt_tokens": 1200, "completion_tokens": 100, "cached_tokens": 1024}


def spend(operation: Operation, *calls: dict[str, Any]) -> None:
    step = Step.objects.create(operation=operation, step_id="E1", position=1, worker="w", action="a")
    ledger.record(operation, step, calls)


def words(page: Any) -> str:
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def page_of(browser: Client, operation: Operation) -> str:
    return words(browser.get(f"/console/operations/{operation.pk}"))


def test_the_page_shows_tokens_against_their_budget_and_the_cost(rita: Client) -> None:
    operation = make_operation()
    ledger.saved_by_cache(operation)
    spend(operation, SPENT)

    page = page_of(rita, operation)

    assert "1,300 tokens, $0.0027" in page
    assert "planning none: from the cache 0 3,500 $0" in page
    assert "execution 1 1,300 (1,024 cached) 2,500 $0.0027" in page


def test_an_unknown_cost_is_said_to_be_so(rita: Client) -> None:
    operation = make_operation()
    spend(operation, SPENT, SPENT | {"model": "our-own"})
    assert "2,600 tokens, cost unknown" in page_of(rita, operation)


def test_without_a_model_nothing_is_said_of_tokens(rita: Client) -> None:
    assert "okens" not in page_of(rita, make_operation())


@pytest.fixture
def admin(db: None) -> Client:
    browser = Client()
    browser.force_login(make_person("ada", is_staff=True, is_superuser=True))
    return browser


def test_the_admin_sums_up_what_its_filters_let_through(admin: Client) -> None:
    spend(make_operation(), SPENT)
    spend(make_operation(operation_type="data_validation"), SPENT, SPENT | {"model": "our-own"})

    everything = words(admin.get("/admin/operations/modelcall/"))
    assert "data_pipeline 1 1 0 1,300 1,024 $0.0027" in everything
    assert "data_validation 1 2 0 2,600 2,048 cost unknown" in everything

    known = words(admin.get("/admin/operations/modelcall/?model=gpt-4o"))
    assert "data_validation 1 1 0 1,300 1,024 $0.0027" in known


def test_a_call_cannot_be_changed_in_the_admin(admin: Client) -> None:
    operation = make_operation()
    spend(operation, SPENT)
    path = f"/admin/operations/modelcall/{operation.model_calls.get().pk}"

    assert admin.get(f"{path}/change/").status_code == 200
    assert admin.post(f"{path}/change/", {"prompt_tokens": 1}).status_code == 403
    assert admin.post(f"{path}/delete/", {"post": "yes"}).status_code == 403


def test_a_type_gets_budgets_of_its_own_in_the_admin(admin: Client) -> None:
    given = {"operation_type": "custom", "token_budget_planning": "5000"}

    admin.post("/admin/operations/typesetting/add/", given)

    assert "5000" in words(admin.get("/admin/operations/typesetting/"))
