"""Each model call is in the ledger before it is made and exact after it, whatever becomes of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from operations import ledger
from operations.comparison.model_server import ModelServer, Reply, serve
from operations.models import Claim, ModelCall, Operation, Superseded
from tests.make import make_operation
from workers import llm, tokens
from workers.llm import Answer, ModelFailed

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES = [{"role": "system", "content": "Plan."}, {"role": "user", "content": "Load Duval."}]


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setattr(llm, "BASE", 0.01)
    with serve(lambda request: Reply(text="find, then load")) as running:
        settings.OPENAI_BASE_URL = running.url
        settings.OPENAI_MODEL = "gpt-4.1-mini"
        yield running


@pytest.fixture
def operation() -> Operation:
    return make_operation()


def ask(operation: Operation, messages: Any = MESSAGES, **options: Any) -> Answer:
    given: dict[str, Any] = {"purpose": "planning", "max_tokens": 100, "timeout": 10}
    return ledger.ask(operation, messages, **given | options)


def saved(operation: Operation) -> Operation:
    """The operation as the database has it, which its object in memory must equal."""
    row = Operation.objects.get(pk=operation.pk)
    assert (row.token_usage, row.cost_usd) == (operation.token_usage, operation.cost_usd)
    return row


def test_a_call_and_its_price_are_kept(server: ModelServer, operation: Operation) -> None:
    answer = ask(operation, step="E1", compressed=(900, 300))

    assert answer.text == "find, then load"
    row = operation.model_calls.get()
    assert (row.state, row.step_id, row.purpose, row.model) == ("done", "E1", "planning", "gpt-4.1-mini")
    assert (row.prompt_tokens, row.completion_tokens) == (tokens.count_messages(MESSAGES), 4)
    assert (row.tokens_before_compression, row.tokens_after_compression) == (900, 300)
    assert row.latency_ms is not None
    assert not row.estimated
    assert (row.input_usd, row.cached_usd, row.output_usd) == (Decimal("0.4"), Decimal("0.1"), Decimal("1.6"))
    assert row.cost_usd == (row.prompt_tokens * Decimal("0.4") + 4 * Decimal("1.6")) / 1_000_000
    today = f"{timezone.now():%Y-%m-%d}"
    assert row.price_source == f"genai-prices {version('genai-prices')}: openai gpt-4.1-mini, {today}"
    assert saved(operation).token_usage == server.tokens
    assert operation.cost_usd == row.cost_usd


def test_cached_tokens_cost_less(server: ModelServer, operation: Operation) -> None:
    messages = [{"role": "system", "content": "The actions are these. " * 300}, MESSAGES[1]]

    ask(operation, messages)
    ask(operation, messages)

    first, second = operation.model_calls.all()
    assert (first.cached_tokens, second.cached_tokens) == (0, server.calls[1].cached_tokens)
    assert first.cost_usd is not None
    assert second.cost_usd == first.cost_usd - second.cached_tokens * Decimal("0.3") / 1_000_000
    assert saved(operation).token_usage == server.tokens


def test_an_unknown_price_makes_the_sum_unknown_and_never_zero(
    server: ModelServer, operation: Operation, settings: Settings
) -> None:
    ask(operation)
    settings.OPENAI_MODEL = "our-own-model"
    ask(operation)

    assert [row.cost_usd is None for row in operation.model_calls.all()] == [False, True]
    assert saved(operation).cost_usd is None
    assert operation.token_usage == server.tokens


def test_what_calls_nothing_costs_nothing(operation: Operation) -> None:
    assert (operation.token_usage, operation.cost_usd) == (0, 0)


def test_the_row_is_there_while_the_call_is_under_way(server: ModelServer, operation: Operation) -> None:
    seen: list[Any] = []

    def look(request: Any) -> Reply:
        row = ModelCall.objects.get()
        seen.append((row.state, row.estimated, row.tokens, Operation.objects.get().token_usage))
        connections.close_all()
        return Reply(text="done")

    server.decide = look

    ask(operation)

    estimate = tokens.count_messages(MESSAGES)
    assert seen == [("open", True, estimate, estimate)]
    assert operation.model_calls.get().state == "done"


def test_every_retry_is_a_row(server: ModelServer, operation: Operation) -> None:
    replies = iter([Reply(status=429, headers={"Retry-After": "0"}), Reply(status=500), Reply(text="done")])
    server.decide = lambda request: next(replies)

    ask(operation)

    rows = operation.model_calls.all()
    assert [(row.state, row.error.partition(":")[0]) for row in rows] == [
        ("failed", "rate_limited"),
        ("failed", "server_error"),
        ("done", ""),
    ]
    assert [row.cost_usd == 0 for row in rows] == [True, True, False]
    assert saved(operation).token_usage == server.tokens


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(refusal="I cannot help with that."), "refused"),
        (Reply(text=" "), "empty"),
        (Reply(text="one two three four", cut_after=2), "cut"),
        (Reply(text="one two three four", stall_after=2), "timeout"),
        (Reply(text="one", delay=30), "timeout"),
        (Reply(status=401), "unauthorized"),
    ],
)
def test_failed_calls_count_too(server: ModelServer, operation: Operation, reply: Reply, kind: str) -> None:
    server.decide = lambda request: reply

    with pytest.raises(ModelFailed) as failed:
        ask(operation, timeout=0.5 if kind == "timeout" else 10, on_text=lambda text: None)

    assert failed.value.kind == kind
    row = operation.model_calls.get()
    assert (row.state, row.estimated) == ("failed", kind in ("cut", "timeout"))
    assert saved(operation).token_usage == server.tokens


def test_a_call_that_is_no_longer_wanted_is_not_made(server: ModelServer, operation: Operation) -> None:
    old = Claim(operation.pk, operation.fence)
    Operation.objects.update(fence=operation.fence + 1)

    with pytest.raises(Superseded):
        ask(operation, claim=old)

    assert server.calls == []
    assert not operation.model_calls.exists()


def test_a_lost_claim_stops_the_retries_and_what_was_spent_stays(server: ModelServer, operation: Operation) -> None:
    def lose(request: Any) -> Reply:
        Operation.objects.update(fence=operation.fence + 1)
        connections.close_all()
        return Reply(text="one two three", cut_after=2)

    server.decide = lose
    claim = Claim(operation.pk, operation.fence)

    with pytest.raises(Superseded):
        ask(operation, claim=claim)

    assert len(server.calls) == 1
    assert saved(operation).token_usage == operation.model_calls.spent() > 0


def test_the_lease_outlasts_the_call(server: ModelServer) -> None:
    make_operation()
    taken = Operation.objects.claim_next("me")
    assert taken is not None
    operation, claim = taken

    ask(operation, claim=claim, timeout=200)

    lease = Operation.objects.get(pk=operation.pk).lease_until
    assert lease is not None
    assert lease > timezone.now() + timedelta(seconds=190)


def test_calls_made_at_once_are_all_in_the_sum(server: ModelServer, operation: Operation) -> None:
    def one(number: int) -> None:
        ask(Operation.objects.get(pk=operation.pk), step=f"E{number}")
        connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(one, range(12)))

    assert operation.model_calls.count() == len(server.calls) == 12
    assert Operation.objects.get(pk=operation.pk).token_usage == server.tokens


def test_a_saved_call_is_in_the_ledger_and_costs_nothing(operation: Operation) -> None:
    ledger.saved_by_cache(operation)

    row = operation.model_calls.get()
    assert (row.cache_hit, row.tokens, row.cost_usd) == (True, 0, 0)
    assert saved(operation).cost_usd == 0
