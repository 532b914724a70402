"""GET /usage and GET /operations/{id}/model-calls: what models cost, and what is not known of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from operations import ledger
from operations.models import Operation, Step
from tests.api.conftest import Caller
from tests.make import make_operation

pytestmark = pytest.mark.django_db

CALL = {"model": "gpt-4o", "prompt_tokens": 10_000, "completion_tokens": 1000, "cached_tokens": 4000}


def report(operation: Operation, *calls: dict[str, Any]) -> None:
    """Enter model calls as a worker reports them."""
    step, _ = Step.objects.get_or_create(operation=operation, step_id="E1", defaults={"position": 1, "worker": "w"})
    ledger.record(operation, step, calls)


def test_an_operation_tells_its_tokens_and_cost(alice: Caller) -> None:
    operation = make_operation(alice.row)
    report(operation, CALL, CALL)

    shown = alice.get(f"/operations/{operation.pk}").json()

    assert (shown["token_usage"], shown["cost_usd"]) == (22_000, 0.06)
    assert shown["links"]["model_calls"] == f"/operations/{operation.pk}/model-calls"


def test_an_unknown_price_is_null(alice: Caller) -> None:
    operation = make_operation(alice.row)
    report(operation, CALL, CALL | {"model": "our-own"})

    assert alice.get(f"/operations/{operation.pk}").json()["cost_usd"] is None


def test_an_operation_without_a_model_costs_nothing(alice: Caller) -> None:
    operation = make_operation(alice.row)
    shown = alice.get(f"/operations/{operation.pk}").json()
    assert (shown["token_usage"], shown["cost_usd"]) == (0, 0.0)


def test_its_model_calls_are_listed_with_their_prices(alice: Caller, bob: Caller) -> None:
    operation = make_operation(alice.row)
    report(operation, CALL, CALL | {"model": "our-own", "error": "timeout: no answer", "estimated": True})
    path = f"/operations/{operation.pk}/model-calls"

    known, unknown = alice.get(path).json()["results"]

    assert (known["step"], known["purpose"], known["state"], known["cost_usd"]) == ("E1", "execution", "done", 0.03)
    assert known["prices"]["input_usd"] == 2.5
    assert known["prices"]["cached_usd"] == 1.25
    assert known["prices"]["output_usd"] == 10
    assert known["prices"]["source"].startswith("genai-prices ")
    assert (unknown["state"], unknown["estimated"], unknown["cost_usd"]) == ("failed", True, None)
    assert bob.get(path).status_code == 404


@pytest.fixture
def spent(alice: Caller) -> None:
    """A pipeline and a validation, and a call of last week."""
    pipeline, validation = make_operation(alice.row), make_operation(alice.row, operation_type="data_validation")
    report(pipeline, CALL, CALL)
    ledger.saved_by_cache(pipeline)
    report(validation, CALL | {"model": "our-own", "error": "cut", "estimated": True})
    validation.model_calls.create(
        purpose="planning", model="gpt-4o", prompt_tokens=5, cost_usd=0, created_at=timezone.now() - timedelta(days=7)
    )


def usage(caller: Caller, query: str = "") -> Any:
    response = caller.get(f"/usage{query}")
    assert response.status_code == 200, response.json()
    return response.json()


def test_usage_by_type_with_unknown_costs_apart(admin: Caller, spent: None) -> None:
    shown = usage(admin)

    pipeline, validation = shown["results"]
    assert pipeline["group"] == "data_pipeline"
    assert (pipeline["calls"], pipeline["operations"], pipeline["plan_cache_hits"]) == (2, 1, 1)
    assert (pipeline["tokens"], pipeline["cached_tokens"], pipeline["cost_usd"]) == (22_000, 8000, 0.06)
    assert (validation["calls"], validation["failed_calls"], validation["estimated_calls"]) == (2, 1, 1)
    assert (validation["cost_usd"], validation["unpriced_calls"]) == (None, 1)
    assert (shown["total"]["tokens"], shown["total"]["cost_usd"]) == (33_005, None)
    assert shown["limits"] == {"tokens_per_day": None, "usd_per_day": None}


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("purpose", {"execution": 33_000, "planning": 5}),
        ("model", {"gpt-4o": 22_005, "our-own": 11_000}),
    ],
)
def test_usage_by_purpose_and_model(admin: Caller, spent: None, by: str, groups: dict[str, int]) -> None:
    assert {row["group"]: row["tokens"] for row in usage(admin, f"?by={by}")["results"]} == groups


def test_usage_by_day_comes_newest_first(admin: Caller, spent: None) -> None:
    today, earlier = usage(admin, "?by=day")["results"]
    assert today["group"] == f"{timezone.now():%Y-%m-%d}"
    assert (today["tokens"], earlier["tokens"]) == (33_000, 5)


def test_usage_of_a_period(admin: Caller, spent: None) -> None:
    day = f"{timezone.now() - timedelta(days=7):%Y-%m-%d}"
    next_day = f"{timezone.now() - timedelta(days=6):%Y-%m-%d}"
    shown = usage(admin, f"?from={day}&to={next_day}")
    assert shown["total"]["tokens"] == 5
    assert shown["from"] == f"{day}T00:00:00Z"


def test_usage_of_nothing(admin: Caller) -> None:
    shown = usage(admin)
    assert (shown["results"], shown["total"]["tokens"], shown["total"]["cost_usd"]) == ([], 0, 0.0)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?by=county", "by"),
        ("?from=yesterday", "from"),
        ("?from=2026-02-01&to=2026-01-01", "from"),
        ("?since=1", "since"),
    ],
)
def test_a_bad_question_names_the_field(admin: Caller, query: str, field: str) -> None:
    response = admin.get(f"/usage{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_usage_takes_the_right_to_read_all(alice: Caller, eve: Caller) -> None:
    assert alice.get("/usage").status_code == 403
    assert eve.get("/usage").status_code == 401


def test_absurd_reports_of_a_worker_count_as_nothing(alice: Caller) -> None:
    operation = make_operation(alice.row)
    report(operation, {"model": None, "prompt_tokens": "9", "completion_tokens": -1, "cached_tokens": True}, {})

    rows = operation.model_calls.all()
    assert [(row.tokens, row.cost_usd) for row in rows] == [(0, Decimal(0)), (0, Decimal(0))]
