"""A worker's action asks the model through its call, and the operation's ledger has it all."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from operations.comparison.model_server import ModelServer, Reply, serve
from operations.states import Status
from tests.operations.conftest import Settle, post, step
from workers import llm
from workers.contract import Call, Cancelled

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

QUESTION = "Which use code has a duplex?"


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setattr(llm, "BASE", 0.01)
    with serve(lambda request: Reply(text="08")) as running:
        settings.OPENAI_BASE_URL = running.url
        yield running


def test_what_the_worker_asked_is_in_the_ledger_with_its_retries(settle: Settle, server: ModelServer) -> None:
    replies = iter([Reply(status=500), Reply(text="08")])
    server.decide = lambda request: next(replies)

    operation = settle(post([step("E1", "consult", arguments={"question": QUESTION})]))

    assert operation.status == Status.COMPLETED
    assert (operation.result or {})["results"]["E1"] == {"text": "08"}
    rows = operation.model_calls.all()
    assert [(row.step_id, row.purpose, row.state) for row in rows] == [
        ("E1", "execution", "failed"),
        ("E1", "execution", "done"),
    ]
    assert operation.token_usage == server.tokens > 0
    assert operation.cost_usd


def test_a_failed_call_of_the_model_is_in_the_ledger_too(settle: Settle, server: ModelServer) -> None:
    server.decide = lambda request: Reply(text="0 8 1 2", cut_after=1)

    operation = settle(post([step("E1", "consult", arguments={"question": QUESTION})]))

    assert operation.status == Status.ESCALATING
    assert operation.model_calls.filter(estimated=True, state="failed").count() == operation.model_calls.count() == 2
    assert operation.token_usage == operation.model_calls.spent() > 0


def test_a_withdrawn_call_asks_nothing(server: ModelServer) -> None:
    call = Call()
    call.cancelled.set()

    with pytest.raises(Cancelled):
        call.ask([{"role": "user", "content": QUESTION}], max_tokens=10, timeout=5)

    assert server.calls == []
