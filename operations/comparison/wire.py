"""The shapes of OpenAI's chat completions, as a server gives them, and what it refuses."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers import tokens

Json = dict[str, Any]

# What OpenAI calls the errors of these statuses.
ERROR_TYPES = {401: "invalid_request_error", 429: "rate_limit_exceeded", 500: "server_error", 503: "server_error"}


# In a schema these hold values, not schemas.
VALUES = ("enum", "const", "default", "examples")


@dataclass(frozen=True)
class Reply:
    """What the model says to one request, and what goes wrong on the way.

    ``tool_calls`` are ``{"name": …, "arguments": {…} or text}``. A ``status`` other than 200 answers with ``error``
    instead; ``body`` is sent as it is, whatever it is. ``delay`` seconds pass before the first byte, beside the time
    to the first token. After so many tokens, ``cut_after`` breaks the connection off and ``stall_after`` lets it hang.
    """

    text: str = ""
    tool_calls: Sequence[Json] = ()
    finish_reason: str = "stop"
    refusal: str = ""
    usage: bool = True
    status: int = 200
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    delay: float = 0.0
    cut_after: int | None = None
    stall_after: int | None = None


@dataclass
class Served:
    """One request and what the server counted of it. The counts grow while the answer is sent."""

    request: Json
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    status: int = 0
    reported: bool = False  # the client was told the counts

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def usage(self) -> Json:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
        }


def prompt_text(request: Json) -> str:
    """The prompt in the order in which a provider reads it: what stays the same comes first."""
    parts = [request.get("tools"), request.get("response_format"), *request["messages"]]
    return "\n".join(json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in parts)


def prompt_tokens(request: Json) -> int:
    return tokens.count_messages(request["messages"], tools=request.get("tools"), schema=schema_of(request))


def schema_of(request: Json) -> Json | None:
    """The JSON Schema that the answer is asked to have."""
    return ((request.get("response_format") or {}).get("json_schema") or {}).get("schema")


def deltas(reply: Reply, number: int) -> list[Json]:
    """What the reply says, in bits of about a token, as a stream carries them."""
    if reply.refusal:
        return [{"refusal": piece} for piece in tokens.split(reply.refusal)]
    made: list[Json] = [{"content": piece} for piece in tokens.split(reply.text)]
    for index, call in enumerate(reply.tool_calls):
        arguments = call["arguments"]
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, separators=(",", ":"))
        function = {"name": call["name"], "arguments": ""}
        made.append(_called(index, id=f"call_{number}_{index}", type="function", function=function))
        made += [_called(index, function={"arguments": piece}) for piece in tokens.split(text)]
    return made


def _called(index: int, **parts: Any) -> Json:
    return {"tool_calls": [{"index": index, **parts}]}


def message(said: Sequence[Json]) -> Json:
    """The message that ``said``, some deltas, make together."""
    content = "".join(delta.get("content", "") for delta in said)
    refusal = "".join(delta.get("refusal", "") for delta in said)
    made: Json = {"role": "assistant", "content": content or None, "refusal": refusal or None}
    calls: dict[int, Json] = {}
    for delta in said:
        for part in delta.get("tool_calls", ()):
            if "id" in part:
                calls[part["index"]] = {**part, "function": dict(part["function"])}
            else:
                calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]
    if calls:
        made["tool_calls"] = [{name: call[name] for name in ("id", "type", "function")} for call in calls.values()]
    return made


def completion_tokens(said: Json) -> int:
    """The tokens of a message that a model made."""
    return tokens.count_answer(said["content"] or said["refusal"] or "", said.get("tool_calls", ()))


def faults(request: Any) -> Iterator[str]:
    """Why OpenAI would refuse the request: one sentence for each reason."""
    if not isinstance(request, dict) or not request.get("model"):
        yield "you must provide a model parameter"
        return
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        yield "'messages' must be a list of at least one message"
        return
    if any(not isinstance(message, dict) or "role" not in message for message in messages):
        yield "each message needs a role"
    if schema := schema_of(request):
        if not (request["response_format"]["json_schema"].get("name")):
            yield "Missing required parameter: 'response_format.json_schema.name'"
        if request["response_format"]["json_schema"].get("strict"):
            yield from _strict_faults(schema, "response_format")


def _strict_faults(schema: Any, path: str) -> Iterator[str]:
    """Strict schemas close every object and require all of its properties."""
    for name, part in _parts(schema):
        yield from _strict_faults(part, f"{path}.{name}")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return
    if schema.get("additionalProperties") is not False:
        yield f"{path}: 'additionalProperties' is required to be supplied and to be false"
    if set(schema.get("required", ())) != set(schema.get("properties", ())):
        yield f"{path}: 'required' is required to be supplied and to be an array including every key in properties"


def _parts(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, list):
        yield from ((str(index), part) for index, part in enumerate(schema))
    if isinstance(schema, dict):
        yield from ((name, part) for name, part in schema.items() if name not in VALUES)


def error(status: int, words: str) -> Json:
    return {
        "error": {
            "message": words or f"The server answers {status}",
            "type": ERROR_TYPES.get(status, "invalid_request_error"),
            "param": None,
            "code": None,
        }
    }


def completion(frame: Json, said: Json, finish_reason: str, usage: Json | None) -> Json:
    """The whole answer at once."""
    choice = {"index": 0, "message": said, "finish_reason": finish_reason, "logprobs": None}
    return {**frame, "object": "chat.completion", "choices": [choice], **({"usage": usage} if usage else {})}


def chunk(frame: Json, delta: Json, finish_reason: str | None = None) -> Json:
    """A part of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return {**frame, "object": "chat.completion.chunk", "choices": [choice]}
