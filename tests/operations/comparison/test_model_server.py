"""The scripted model is a real server: it streams, counts, keeps prefixes, and goes wrong as it is told."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from operations.comparison.model_server import ModelServer, Reply, serve
from workers import tokens

MESSAGES = [{"role": "system", "content": "Plan."}, {"role": "user", "content": "Load Duval."}]
REQUEST: dict[str, Any] = {"model": "scripted", "messages": MESSAGES}
STREAMED = REQUEST | {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serve(lambda request: Reply(text="Find, then load: Düval 🏠")) as running:
        yield running


def ask(server: ModelServer, request: Any = REQUEST, **options: Any) -> httpx2.Response:
    return httpx2.post(f"{server.url}/chat/completions", json=request, trust_env=False, **options)


def events(response: httpx2.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def test_it_answers_and_counts(server: ModelServer) -> None:
    answer = ask(server).json()

    assert answer["choices"][0]["message"]["content"] == "Find, then load: Düval 🏠"
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["prompt_tokens"] == tokens.count_messages(MESSAGES)
    assert answer["usage"]["completion_tokens"] == tokens.count("Find, then load: Düval 🏠")
    assert server.tokens == answer["usage"]["total_tokens"]
    assert server.calls[0].reported


def test_a_stream_is_the_same_answer_in_pieces(server: ModelServer) -> None:
    *parts, usage = events(ask(server, STREAMED))

    pieces = [part["choices"][0]["delta"].get("content", "") for part in parts]
    assert len(pieces) > 5
    assert "".join(pieces) == "Find, then load: Düval 🏠"
    assert parts[-1]["choices"][0]["finish_reason"] == "stop"
    assert (usage["choices"], usage["usage"]) == ([], server.calls[0].usage())
    assert server.calls[0].reported


def test_tool_calls_come_whole_or_in_pieces(server: ModelServer) -> None:
    tools = [{"type": "function", "function": {"name": "discover", "parameters": {"type": "object"}}}]
    server.decide = lambda request: Reply(tool_calls=[{"name": "discover", "arguments": {"counties": ["Duval"]}}] * 2)

    whole = ask(server, REQUEST | {"tools": tools}).json()["choices"][0]
    *parts, usage = events(ask(server, STREAMED | {"tools": tools}))

    assert whole["finish_reason"] == "tool_calls"
    assert [call["function"]["name"] for call in whole["message"]["tool_calls"]] == ["discover", "discover"]
    assert json.loads(whole["message"]["tool_calls"][1]["function"]["arguments"]) == {"counties": ["Duval"]}
    deltas = [call for part in parts for call in part["choices"][0]["delta"].get("tool_calls", [])]
    second = "".join(call["function"]["arguments"] for call in deltas if call["index"] == 1)
    assert json.loads(second) == {"counties": ["Duval"]}
    assert usage["usage"]["completion_tokens"] == server.calls[0].completion_tokens
    assert usage["usage"]["prompt_tokens"] > tokens.count_messages(MESSAGES)


def test_an_answer_ends_at_the_limit_of_tokens(server: ModelServer) -> None:
    answer = ask(server, REQUEST | {"max_tokens": 3}).json()

    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 3


def test_a_long_common_beginning_is_cached_in_steps(server: ModelServer) -> None:
    system = {"role": "system", "content": "The actions are these. " * 400}
    for county in ("Duval", "Broward", "Broward"):
        ask(server, REQUEST | {"messages": [system, {"role": "user", "content": county}]})

    first, second, third = server.calls
    assert first.cached_tokens == 0
    assert second.cached_tokens >= 1024
    assert second.cached_tokens % 128 == 0
    assert second.cached_tokens <= second.prompt_tokens
    assert third.cached_tokens >= second.cached_tokens

    server.forget()
    ask(server, REQUEST | {"messages": [system]})
    assert [call.cached_tokens for call in server.calls] == [0]


def test_a_short_prompt_is_not_cached(server: ModelServer) -> None:
    ask(server)
    ask(server)
    assert server.calls[1].cached_tokens == 0


def test_it_takes_its_time(server: ModelServer) -> None:
    server.ttft, server.rate = 0.05, 200
    began = time.monotonic()
    answer = ask(server).json()
    assert time.monotonic() - began >= 0.05 + answer["usage"]["completion_tokens"] / 200


def test_it_tells_its_model(server: ModelServer) -> None:
    assert httpx2.get(f"{server.url}/models", trust_env=False).json()["data"][0]["id"] == "scripted"


def test_it_refuses_with_status_words_and_headers(server: ModelServer) -> None:
    server.decide = lambda request: Reply(status=429, error="Slow down", headers={"Retry-After": "2"})

    answer = ask(server)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert answer.json()["error"]["message"] == "Slow down"
    assert server.tokens == 0


def test_another_key_is_refused(server: ModelServer) -> None:
    server.key = "right"
    assert ask(server, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert ask(server, headers={"Authorization": "Bearer right"}).status_code == 200


@pytest.mark.parametrize(
    ("request_body", "sentence"),
    [
        ({}, "model"),
        ({"model": "scripted", "messages": []}, "messages"),
        ({"model": "scripted", "messages": [{"content": "no role"}]}, "role"),
    ],
)
def test_a_malformed_request_is_refused(server: ModelServer, request_body: Any, sentence: str) -> None:
    answer = ask(server, request_body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_a_strict_schema_must_be_closed_and_require_everything(server: ModelServer) -> None:
    loose = {"type": "object", "properties": {"steps": {"type": "array", "items": {"type": "object"}}}}
    named = {"name": "plan", "strict": True, "schema": loose}

    answer = ask(server, REQUEST | {"response_format": {"type": "json_schema", "json_schema": named}})

    assert answer.status_code == 400
    assert "response_format.properties.steps.items: 'additionalProperties'" in answer.json()["error"]["message"]
    assert "'required' is required" in answer.json()["error"]["message"]


@pytest.mark.parametrize("request_body", [REQUEST, STREAMED])
def test_an_answer_may_break_off(server: ModelServer, request_body: Any) -> None:
    server.decide = lambda request: Reply(text="one two three four five", cut_after=2)

    with pytest.raises(httpx2.RemoteProtocolError):
        ask(server, request_body)

    assert not server.calls[0].reported
    assert server.tokens > tokens.count_messages(MESSAGES)


@pytest.mark.parametrize("reply", [Reply(text="one two three", stall_after=1), Reply(text="one", delay=30)])
def test_a_client_that_leaves_is_noticed(server: ModelServer, reply: Reply) -> None:
    server.decide = lambda request: reply

    with pytest.raises(httpx2.ReadTimeout):
        ask(server, STREAMED, timeout=0.2)

    said = 1 if reply.stall_after else 0
    assert server.tokens == tokens.count_messages(MESSAGES) + said


def test_a_server_that_stops_lets_go_of_its_clients() -> None:
    with httpx2.Client(trust_env=False) as client:
        with serve(lambda request: Reply(text="first")) as first:
            assert client.post(f"{first.url}/chat/completions", json=REQUEST).status_code == 200
            port = int(first.url.rpartition(":")[2].partition("/")[0])
        with serve(lambda request: Reply(text="second"), port=port) as second:
            answer = client.post(f"{second.url}/chat/completions", json=REQUEST).json()
    assert answer["choices"][0]["message"]["content"] == "second"
    assert (len(first.calls), len(second.calls)) == (1, 1)


def test_usage_may_be_kept_back(server: ModelServer) -> None:
    server.decide = lambda request: Reply(text="quiet", usage=False)

    assert "usage" not in ask(server).json()
    assert all("usage" not in event for event in events(ask(server, STREAMED)))
    assert not any(call.reported for call in server.calls)
    assert server.tokens > 0


def test_a_refusal_and_any_other_body_are_sent_as_they_are(server: ModelServer) -> None:
    server.decide = lambda request: Reply(refusal="I cannot help with that.")
    said = ask(server).json()["choices"][0]["message"]
    assert (said["content"], said["refusal"]) == (None, "I cannot help with that.")

    server.decide = lambda request: Reply(body="<html>maintenance</html>")
    assert ask(server).text == "<html>maintenance</html>"


def test_an_error_of_the_script_is_raised_where_it_was_started() -> None:
    with pytest.raises(KeyError, match="steps"), serve(lambda request: request["steps"]) as server:
        assert ask(server).status_code == 500
