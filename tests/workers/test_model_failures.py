"""Whatever a model server does wrong is one error of a known kind, within the caller's time, and accounted for."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pytest_django import Settings

from operations.comparison.model_server import ModelServer, Reply, serve
from workers import llm, llm_http, tokens
from workers.llm import ModelFailed

MESSAGES = [{"role": "user", "content": "Load the rolls of Duval, said Jane Roe of 4 Elm St."}]
KEY = "sk-secret-0123456789"
streamed = pytest.mark.parametrize("on_text", [None, lambda text: None], ids=["whole", "streamed"])


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setattr(llm, "BASE", 0.01)
    with serve(lambda request: Reply(text="done")) as running:
        settings.OPENAI_BASE_URL = running.url
        settings.OPENAI_API_KEY = KEY
        yield running
    llm_http._refused.clear()


def fail(**options: Any) -> ModelFailed:
    given: dict[str, Any] = {"purpose": "planning", "max_tokens": 100, "timeout": 10}
    with pytest.raises(ModelFailed) as failed:
        llm.ask(MESSAGES, **given | options)
    assert KEY not in str(failed.value)
    assert "Jane" not in str(failed.value)
    return failed.value


def spent(failed: ModelFailed) -> int:
    return sum(use.tokens for use in failed.uses)


def test_without_a_key_or_an_address_there_is_no_model(settings: Settings) -> None:
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""

    assert not llm.configured()
    failed = fail()

    assert (failed.kind, failed.uses) == ("not_configured", ())
    assert "OPENAI_API_KEY" in str(failed)


@streamed
def test_a_wrong_key(server: ModelServer, on_text: Any) -> None:
    server.key = "another"
    failed = fail(on_text=on_text)
    assert (failed.kind, len(failed.uses), spent(failed)) == ("unauthorized", 1, 0)
    assert "OPENAI_API_KEY" in str(failed)


@streamed
@pytest.mark.parametrize("as_date", [False, True])
def test_a_rate_limit_is_waited_for_as_long_as_it_says(server: ModelServer, as_date: bool, on_text: Any) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    wait = format_datetime(until, usegmt=True) if as_date else "0.3"
    replies = iter([Reply(status=429, headers={"Retry-After": wait}), Reply(text="done")])
    server.decide = lambda request: next(replies)
    began = time.monotonic()

    answer = llm.ask(MESSAGES, purpose="planning", max_tokens=100, timeout=10, on_text=on_text)

    if as_date:
        assert datetime.now(UTC) >= until
    else:
        assert time.monotonic() - began >= 0.3
    assert [use.error.partition(":")[0] for use in answer.uses] == ["rate_limited", ""]
    assert sum(use.tokens for use in answer.uses) == server.tokens


@streamed
def test_a_rate_limit_beyond_the_callers_time_is_told_at_once(server: ModelServer, on_text: Any) -> None:
    server.decide = lambda request: Reply(status=429, headers={"Retry-After": "3600"})
    failed = fail(on_text=on_text)
    assert (failed.kind, len(failed.uses), spent(failed)) == ("rate_limited", 1, 0)


@streamed
def test_a_server_error_is_tried_again_and_then_told(server: ModelServer, on_text: Any) -> None:
    server.decide = lambda request: Reply(status=500, error=f"{KEY} broke on Jane Roe")
    failed = fail(on_text=on_text)
    assert (failed.kind, len(failed.uses), spent(failed)) == ("server_error", llm.TRIES, 0)
    assert len(server.calls) == llm.TRIES


@streamed
def test_nobody_is_there(server: ModelServer, settings: Settings, on_text: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{port}/v1"
    failed = fail(on_text=on_text)
    assert (failed.kind, len(failed.uses), spent(failed)) == ("unreachable", llm.TRIES, 0)


def test_a_connection_that_does_not_come_about(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        others = [socket.socket() for _ in range(4)]
        for other in others:  # they fill the queue of the listener, which never accepts
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        failed = fail(timeout=0.5)
        for other in others:
            other.close()
    assert failed.kind == "timeout"
    assert spent(failed) == 0


@streamed
@pytest.mark.parametrize("reply", [Reply(text="late", delay=30), Reply(text="one two three four", stall_after=2)])
def test_silence_ends_with_the_callers_time(server: ModelServer, reply: Reply, on_text: Any) -> None:
    server.decide = lambda request: reply
    began = time.monotonic()

    failed = fail(timeout=0.5, on_text=on_text)

    assert time.monotonic() - began < 5
    assert (failed.kind, len(failed.uses), failed.uses[0].estimated) == ("timeout", 1, True)
    assert failed.uses[0].prompt_tokens == tokens.count_messages(MESSAGES)
    assert spent(failed) == server.tokens - (server.calls[0].completion_tokens if not on_text else 0)


def test_a_stream_that_never_ends_does_with_the_callers_time(server: ModelServer) -> None:
    server.decide = lambda request: Reply(text="on and on " * 5000)
    server.rate = 50
    failed = fail(timeout=0.5, on_text=lambda text: None, max_tokens=10_000)
    assert failed.kind == "timeout"
    assert failed.text.startswith("on and on")
    assert abs(spent(failed) - server.tokens) <= 1  # a token may have been on its way


@streamed
def test_an_answer_that_breaks_off(server: ModelServer, on_text: Any) -> None:
    server.decide = lambda request: Reply(text="one two three four", cut_after=3)

    failed = fail(on_text=on_text)

    assert failed.kind == "cut"
    assert all(use.estimated for use in failed.uses)
    assert len(server.calls) == len(failed.uses) <= 2
    if on_text:  # what was handed on is not asked for again
        assert (len(failed.uses), failed.text) == (1, "one two three")
        assert spent(failed) == server.tokens


def test_a_refusal(server: ModelServer) -> None:
    server.decide = lambda request: Reply(refusal="I cannot help with that.")
    for on_text in (None, lambda text: None):
        failed = fail(on_text=on_text)
        assert (failed.kind, spent(failed)) == ("refused", server.calls[-1].tokens)


@streamed
def test_an_answer_that_does_not_fit(server: ModelServer, on_text: Any) -> None:
    server.decide = lambda request: Reply(text="one two three four five six")
    failed = fail(max_tokens=3, on_text=on_text)
    assert (failed.kind, failed.text, spent(failed)) == ("length", "one two three", server.tokens)


@streamed
def test_an_empty_answer(server: ModelServer, on_text: Any) -> None:
    server.decide = lambda request: Reply(text=" \n")
    failed = fail(on_text=on_text)
    assert (failed.kind, spent(failed)) == ("empty", server.tokens)


@streamed
@pytest.mark.parametrize(
    "body",
    [
        "<html>maintenance</html>",
        "[]",
        '{"choices": 7}',
        '{"choices": [{"message": []}]}',
        "",
        'data: {"choices": [{"delta": {"content": 5}}]}\n\n',
        "data: {broken\n\ndata: [DONE]\n\n",
        "data: 7\n\n",
        'data: {"error": {"message": "overloaded"}}\n\n',
    ],
)
def test_an_answer_of_another_shape(server: ModelServer, body: str, on_text: Any) -> None:
    server.decide = lambda request: Reply(body=body, headers={"Content-Type": "text/event-stream"})
    failed = fail(on_text=on_text)
    assert failed.kind in ("invalid", "cut", "server_error")
    assert failed.uses[0].estimated
    assert spent(failed) >= server.tokens / len(server.calls)


def test_a_request_that_the_server_does_not_take(server: ModelServer) -> None:
    server.decide = lambda request: Reply(status=404, error="The model does not exist")
    failed = fail()
    assert (failed.kind, len(failed.uses), spent(failed)) == ("rejected", 1, 0)
    assert "OPENAI_MODEL" in str(failed)


def test_neither_key_nor_prompt_is_logged(server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    replies = iter([Reply(status=500), Reply(status=400, error="Jane Roe")])
    server.decide = lambda request: next(replies)

    with caplog.at_level("DEBUG", logger="workers"):
        fail()

    assert KEY not in caplog.text
    assert "Jane" not in caplog.text
