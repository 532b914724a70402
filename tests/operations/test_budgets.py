"""No operation spends more tokens than it may, and no day; a person decides whether it goes on."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from escalations.deciding.decisions import Answer, decide
from escalations.models import Kind
from operations import ledger
from operations.comparison.model_server import ModelServer, Reply, serve
from operations.ledger import BudgetSpent
from operations.models import Operation, TypeSetting
from operations.states import Status
from tests.make import make_operation
from tests.operations.conftest import Settle, post, statuses, step

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

LONG = [{"role": "user", "content": "Load the rolls of all counties. " * 100}]  # some 700 tokens


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    with serve(lambda request: Reply(text="find, " * 50)) as running:
        settings.OPENAI_BASE_URL = running.url
        settings.TOKEN_BUDGETS = {"planning": 1000, "context": 50, "execution": 1000, "validation": 0}
        yield running


def ask(operation: Operation, purpose: str = "planning", **options: Any) -> None:
    given: dict[str, Any] = {"max_tokens": 500, "timeout": 10}
    ledger.ask(operation, LONG, purpose=purpose, **given | options)


def spend(operation: Operation, tokens: int, **fields: Any) -> None:
    operation.model_calls.create(purpose="planning", model="m", prompt_tokens=tokens, **fields)


def test_a_prompt_beyond_the_budget_is_not_sent(server: ModelServer) -> None:
    with pytest.raises(BudgetSpent, match="Of the 50 tokens for context, 0 are spent, and the next call needs 7"):
        ask(make_operation(), "context")
    assert server.calls == []


def test_the_budget_is_for_all_calls_of_a_purpose(server: ModelServer) -> None:
    operation = make_operation()
    ask(operation)

    with pytest.raises(BudgetSpent) as spent:
        ask(operation)

    assert (spent.value.purpose, spent.value.spent, spent.value.limit) == ("planning", server.tokens, 1000)
    assert len(server.calls) == 1
    ask(make_operation())  # another operation has a budget of its own


def test_an_answer_ends_where_the_budget_does(server: ModelServer) -> None:
    server.decide = lambda request: Reply(text="find, " * 1000)
    operation = make_operation()

    with pytest.raises(BudgetSpent):
        ask(operation, max_tokens=3000)

    assert operation.token_usage == server.tokens <= 1000


def test_zero_is_no_limit(server: ModelServer) -> None:
    operation = make_operation()
    for _ in range(3):
        ask(operation, "validation")
    assert operation.token_usage == server.tokens > 2000


def test_a_type_may_have_a_budget_of_its_own(server: ModelServer) -> None:
    TypeSetting.objects.create(operation_type="data_pipeline", token_budget_context=2000, token_budget_planning=100)

    ask(make_operation(), "context")
    with pytest.raises(BudgetSpent, match="Of the 100 tokens for planning"):
        ask(make_operation())


def test_a_day_has_a_budget_of_tokens(server: ModelServer, settings: Settings) -> None:
    settings.TOKENS_PER_DAY = 5000
    spend(make_operation(), 4999)
    ask(make_operation())

    with pytest.raises(BudgetSpent, match="Of the 5,000 tokens for a day, 5,"):
        ask(make_operation())
    assert len(server.calls) == 1


def test_a_day_has_a_budget_of_dollars(server: ModelServer, settings: Settings) -> None:
    settings.USD_PER_DAY = 0.5
    spend(make_operation(), 10, cost_usd=Decimal("0.6"))

    with pytest.raises(BudgetSpent, match=r"Of the 0\.5 USD for a day, 0\.6"):
        ask(make_operation())


def thinking(first: int, journal: Path, **fields: Any) -> Operation:
    """A model is asked for ``first`` tokens, and then something else is to be done."""
    return post(
        [
            step("E1", "think", arguments={"tokens": first, **fields}),
            step("E2", "count", arguments={"journal": str(journal)}, depends_on=["E1"]),
        ]
    )


def test_what_a_worker_spends_is_in_the_ledger_with_its_price(settle: Settle, tmp_path: Path) -> None:
    operation = settle(thinking(1000, tmp_path / "journal"))

    assert operation.status == Status.COMPLETED
    row = operation.model_calls.get()
    assert (row.step_id, row.purpose, row.tokens, row.cost_usd) == ("E1", "execution", 1000, Decimal("0.0004"))
    assert (operation.token_usage, operation.cost_usd) == (1000, Decimal("0.0004"))


def test_what_a_failing_worker_spends_counts_too(settle: Settle, tmp_path: Path) -> None:
    operation = settle(thinking(1000, tmp_path / "journal", fail=True))

    assert operation.status == Status.ESCALATING
    assert (operation.token_usage, operation.model_calls.count()) == (1000, 1)


def test_a_worker_that_overspends_stops_the_operation_until_a_person_lets_it_go_on(
    settle: Settle, tmp_path: Path
) -> None:
    operation = settle(thinking(2501, tmp_path / "journal"))

    assert operation.status == Status.ESCALATING
    assert statuses(operation) == {"E1": "completed", "E2": "pending"}
    asked = operation.escalations.open().get()
    assert (asked.reason, asked.steps) == ("budget_spent", ["E2"])
    assert asked.message == "Of the 2,500 tokens for execution, 2,501 are spent"
    assert list(asked.offered) == [Kind.RETRY, Kind.REJECT]

    decide(asked, Answer(Kind.RETRY), who="rita", revision=asked.revision, decision_id="d")
    operation = settle(operation)

    assert operation.status == Status.COMPLETED
    assert (operation.budgets_renewed, operation.token_usage) == (1, 2501)


def test_an_operation_that_is_done_may_have_overspent(settle: Settle) -> None:
    operation = settle(post([step("E1", "think", arguments={"tokens": 9000})]))
    assert operation.status == Status.COMPLETED


def test_where_nobody_is_asked_overspending_fails(settle: Settle, tmp_path: Path, settings: Settings) -> None:
    settings.ESCALATION_ENABLED = False
    operation = settle(thinking(2501, tmp_path / "journal"))

    assert operation.status == Status.FAILED
    assert operation.error == "Of the 2,500 tokens for execution, 2,501 are spent"
    assert statuses(operation) == {"E1": "completed", "E2": "cancelled"}
