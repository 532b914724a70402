"""Asking a model over real HTTP: answers, streams, and an exact account of every call."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from operations.comparison.model_server import ModelServer, Reply, serve
from workers import llm, llm_http, tokens
from workers.llm import Answer, ModelFailed, Use

MESSAGES = [{"role": "system", "content": "Plan."}, {"role": "user", "content": "Load Duval."}]
SCHEMA = {
    "type": "object",
    "properties": {"steps": {"type": "array", "items": {"type": "string"}}},
    "required": ["steps"],
    "additionalProperties": False,
}


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    with serve(lambda request: Reply(text='{"steps":["find","load"]}')) as running:
        settings.OPENAI_BASE_URL = running.url
        settings.OPENAI_MODEL = "scripted"
        yield running
    llm_http._refused.clear()


def ask(**options: Any) -> Answer:
    given: dict[str, Any] = {"purpose": "planning", "max_tokens": 200, "timeout": 20}
    return llm.ask(MESSAGES, **given | options)


class Book:
    """An account that writes down what it is told."""

    def __init__(self) -> None:
        self.begun: list[Use] = []
        self.over: list[Use] = []

    def begins(self, estimate: Use) -> None:
        assert len(self.begun) == len(self.over)
        self.begun.append(estimate)

    def ended(self, use: Use) -> None:
        self.over.append(use)


def test_an_answer_of_a_schema_with_what_the_server_counted(server: ModelServer) -> None:
    answer = ask(schema=SCHEMA, schema_name="plan")

    assert answer.json() == {"steps": ["find", "load"]}
    [use] = answer.uses
    assert (use.purpose, use.model, use.estimated, use.error) == ("planning", "scripted", False, "")
    assert use.tokens == server.tokens
    sent = server.calls[0].request
    assert sent["response_format"]["json_schema"] == {"name": "plan", "strict": True, "schema": SCHEMA}
    assert (sent["max_tokens"], sent["temperature"], sent["stream"]) == (200, 0, False)


def test_a_streamed_answer_comes_in_pieces_and_is_counted(server: ModelServer) -> None:
    pieces: list[str] = []

    answer = ask(on_text=pieces.append)

    assert len(pieces) > 3
    assert "".join(pieces) == answer.text == '{"steps":["find","load"]}'
    assert not answer.uses[0].estimated
    assert answer.uses[0].tokens == server.tokens


@pytest.mark.parametrize("on_text", [None, lambda text: None])
def test_tools_may_be_called_several_at_once(server: ModelServer, on_text: Any) -> None:
    tools = [{"type": "function", "function": {"name": "discover", "parameters": {"type": "object"}}}]
    calls = [{"name": "discover", "arguments": {"counties": [name]}} for name in ("Duval", "Broward")]
    server.decide = lambda request: Reply(tool_calls=calls)

    answer = ask(tools=tools, on_text=on_text)

    assert answer.finish_reason == "tool_calls"
    functions = [call["function"] for call in answer.tool_calls]
    assert [json.loads(function["arguments"])["counties"] for function in functions] == [["Duval"], ["Broward"]]
    assert {call["type"] for call in answer.tool_calls} == {"function"}
    assert server.calls[0].request["tools"] == tools
    assert answer.uses[0].tokens == server.tokens


def test_cached_tokens_are_told_apart(server: ModelServer) -> None:
    messages = [{"role": "system", "content": "The actions are these. " * 300}, MESSAGES[1]]

    for _ in range(2):
        answer = llm.ask(messages, purpose="planning", max_tokens=50, timeout=20)

    assert answer.uses[0].cached_tokens == server.calls[1].cached_tokens >= 1024


def test_the_account_is_told_before_and_after_each_call(server: ModelServer) -> None:
    replies = iter([Reply(status=500), Reply(text="done")])
    server.decide = lambda request: next(replies)
    book = Book()

    answer = ask(account=book)

    assert [use.prompt_tokens for use in book.begun] == [tokens.count_messages(MESSAGES)] * 2
    assert book.over == list(answer.uses)
    assert [use.error.partition(":")[0] for use in book.over] == ["server_error", ""]
    assert [use.tokens for use in book.over] == [0, server.tokens]


def test_a_reader_may_stop_the_call_which_is_estimated_then(server: ModelServer) -> None:
    server.decide = lambda request: Reply(text="one two three four five", stall_after=3)
    book = Book()

    def stop(text: str) -> None:
        if "two" in text:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        ask(on_text=stop, account=book)

    [use] = book.over
    assert use.estimated
    assert use.error.startswith("stopped")
    assert use.completion_tokens == 2
    assert server.tokens >= use.tokens  # it was told to stop, and may have said a word more


def test_usage_that_is_never_told_is_estimated(server: ModelServer) -> None:
    server.decide = lambda request: Reply(text="a quiet server", usage=False)

    for on_text in (None, lambda text: None):
        [use] = ask(on_text=on_text).uses
        assert use.estimated
        assert use.tokens == server.calls[-1].tokens


def test_what_a_server_does_not_take_is_left_out_and_remembered(server: ModelServer) -> None:
    def particular(request: dict[str, Any]) -> Reply:
        if "max_tokens" in request:
            return Reply(status=400, error="Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.")
        if "temperature" in request:
            return Reply(status=400, error="'temperature' does not support 0 with this model.")
        if request["response_format"]["type"] == "json_schema":
            return Reply(status=400, error="This response_format type is unavailable now")
        return Reply(text='{"steps":[]}')

    server.decide = particular

    first, second = ask(schema=SCHEMA), ask(schema=SCHEMA)

    assert (len(first.uses), len(second.uses)) == (4, 1)
    sent = server.calls[-1].request
    assert sent["max_completion_tokens"] == 200
    assert "additionalProperties" in sent["messages"][-1]["content"]
    assert sum(use.tokens for use in second.uses) <= server.calls[-1].tokens == server.calls[-2].tokens
    assert not any(use.estimated for use in first.uses)


def test_an_answer_that_is_no_json_says_so(server: ModelServer) -> None:
    server.decide = lambda request: Reply(text="Sure! Here is the plan: {")

    with pytest.raises(ModelFailed) as failed:
        ask(schema=SCHEMA).json()

    assert (failed.value.kind, failed.value.text) == ("invalid", "Sure! Here is the plan: {")
    assert sum(use.tokens for use in failed.value.uses) == server.tokens
