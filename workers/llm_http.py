"""One HTTP call of a model, streamed or not, with a deadline that holds whatever the server does."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2

from workers import llm_failures, outgoing
from workers.llm_failures import Failure
from workers.outgoing_http import client

if TYPE_CHECKING:
    import openai

Json = dict[str, Any]

OPENAI = "https://api.openai.com/v1"
CONNECT_SECONDS = 5.0
MOST_TEXT = 1_000_000  # characters; no answer that was asked for is that long
MOST_BYTES = 8 * MOST_TEXT

_clients: "dict[tuple[str, str], openai.OpenAI]" = {}  # by key and address; one, but where settings change
_making = threading.Lock()

# Options that some servers do not take. Which ones this server refused is kept until the process ends.
_refused: dict[tuple[str, str], set[str]] = {}
OPTIONAL = ("max_tokens", "temperature", "stream_options", "response_format")
NOT_TAKEN = re.compile(r"unsupported|not support|unknown|unrecogni[sz]ed|unavailable|not permitted|unexpected", re.I)


@dataclass(frozen=True)
class Request:
    """What to ask of which model where."""

    key: str
    base_url: str
    model: str
    messages: Sequence[Json]
    schema: Json | None
    schema_name: str
    tools: Sequence[Json] | None
    max_tokens: int

    def arguments(self, *, stream: bool) -> Json:
        """The request as the server takes it, as far as is known."""
        without = self.refused()
        limit = "max_completion_tokens" if "max_tokens" in without else "max_tokens"
        made: Json = {"model": self.model, "messages": list(self.messages), limit: self.max_tokens, "stream": stream}
        if "temperature" not in without:
            made["temperature"] = 0
        if stream and "stream_options" not in without:
            made["stream_options"] = {"include_usage": True}
        if self.tools:
            made["tools"] = list(self.tools)
        if self.schema:
            made |= self._formed(strict="response_format" not in without)
        return made

    def _formed(self, *, strict: bool) -> Json:
        if strict:
            named = {"name": self.schema_name, "strict": True, "schema": self.schema}
            return {"response_format": {"type": "json_schema", "json_schema": named}}
        # A server that knows no schemas is told of it in words.
        words = "Answer with JSON alone, of this schema: " + json.dumps(self.schema, separators=(",", ":"))
        messages = [*self.messages, {"role": "system", "content": words}]
        return {"response_format": {"type": "json_object"}, "messages": messages}

    def refused(self) -> set[str]:
        """The options that the server is known not to take. OpenAI's newer models know no max_tokens."""
        return _refused.setdefault((self.base_url, self.model), set() if self.base_url else {"max_tokens"})

    def learned(self, error: "openai.APIStatusError") -> Failure | None:
        """A failure to be tried again, if it says that an option is not taken which can be left out."""
        says = f"{error.param} {error.message}"
        if error.status_code not in (400, 422) or not NOT_TAKEN.search(says) or "invalid schema" in says.lower():
            return None
        for option in OPTIONAL:
            if option in says and option not in self.refused():
                self.refused().add(option)
                words = f"The model server does not take {option}: asked again without"
                return Failure("rejected", words, spent=False, retry=True, retry_after=0.0)
        return None


@dataclass
class Heard:
    """What has come of an answer so far."""

    text: str = ""
    refusal: str = ""
    finish_reason: str = ""
    usage: Json | None = None
    problem: Failure | None = None
    _calls: dict[int, Json] = field(default_factory=dict)

    def take(self, event: Any) -> str:
        """Take a whole answer, or a piece of a streamed one, and give the text in it.

        Raises ValueError, TypeError or AttributeError where it is of another shape.
        """
        self.usage = _usage(event.get("usage")) or self.usage
        text = ""
        for choice in event["choices"][:1]:
            said = choice.get("message") or choice.get("delta") or {}
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
            self.refusal += said.get("refusal") or ""
            for position, call in enumerate(said.get("tool_calls") or ()):
                self._take_call(call.get("index", position), call)
            text = said.get("content") or ""
        self.text += text
        if len(self.text) > MOST_TEXT:
            raise ValueError("too long")
        return text

    def _take_call(self, index: int, part: Json) -> None:
        empty: Json = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
        call = self._calls.setdefault(index, empty)
        call["id"] = part.get("id") or call["id"]
        function = part.get("function") or {}
        call["function"]["name"] = function.get("name") or call["function"]["name"]
        call["function"]["arguments"] += function.get("arguments") or ""

    @property
    def tool_calls(self) -> list[Json]:
        """In OpenAI's shape, so that they can go into the next request as they are."""
        return [self._calls[index] for index in sorted(self._calls)]

    def failure(self) -> Failure | None:
        """Why what came is no answer; None for one."""
        if self.problem:
            return self.problem
        if not self.finish_reason:
            return Failure("cut", "The model's answer broke off")
        if self.refusal or self.finish_reason == "content_filter":
            return Failure("refused", "The model declines to answer")
        if self.finish_reason == "length":
            return Failure("length", "The model's answer did not fit into the tokens it was given")
        if not self.text.strip() and not self._calls:
            return Failure("empty", "The model's answer is empty")
        return None


def fetch(
    request: Request, heard: Heard, deadline: float, on_text: Callable[[str], None] | None = None
) -> Failure | None:
    """Ask once, taking what comes into ``heard``; None for a good answer. Raises only what ``on_text`` raises."""
    with closing(_pieces(request, heard, deadline, stream=on_text is not None)) as pieces:
        for piece in pieces:
            if on_text:
                on_text(piece)
    return heard.failure()


def _pieces(request: Request, heard: Heard, deadline: float, *, stream: bool) -> Generator[str]:
    """The text as it comes. What goes wrong with the server ends it, and is noted as the problem."""
    import openai

    try:
        for event in _events(request, deadline, stream=stream):
            if piece := heard.take(event):
                yield piece
    except openai.APIStatusError as error:
        heard.problem = request.learned(error) or llm_failures.refused(error)
    except (openai.APIConnectionError, httpx2.HTTPError, OSError) as error:
        cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
        late = time.monotonic() >= deadline
        heard.problem = llm_failures.broken(cause, late=late, heard_something=bool(heard.text or heard.tool_calls))
    except openai.APIError:  # an error in the middle of a stream
        heard.problem = Failure("server_error", "The model server broke off with an error")
    except (ValueError, TypeError, AttributeError, LookupError):  # not JSON, or of another shape
        heard.problem = Failure("invalid", "The model server answers something that is no chat completion")


def _events(request: Request, deadline: float, *, stream: bool) -> Iterator[Any]:
    """The answer's JSON: one value, or many where it streams."""
    left = max(0.001, deadline - time.monotonic())
    limits = httpx2.Timeout(left, connect=min(left, CONNECT_SECONDS))
    chat: Any = _client(request.key, request.base_url).with_options(timeout=limits).chat.completions
    arguments = request.arguments(stream=stream)
    if stream:
        with chat.create(**arguments) as chunks, _ending(chunks.response, deadline):
            for chunk in chunks:
                yield chunk.to_dict(warnings=False)
        return
    create = chat.with_streaming_response.create  # whose body is read here, under the deadline
    with create(**arguments) as response, _ending(response.http_response, deadline):
        yield json.loads(_content(response.iter_bytes()))


def _content(pieces: Iterator[bytes]) -> bytes:
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > MOST_BYTES:
            raise ValueError("too long")
    return bytes(content)


@contextmanager
def _ending(response: httpx2.Response, deadline: float) -> Iterator[None]:
    """End the reading of ``response`` at the deadline, also where a server sends on and on, or falls silent.

    Read timeouts begin anew with every piece; shutting the socket wakes the reader at once.
    """
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("socket") if stream else None
    shut = threading.Timer(max(0.0, deadline - time.monotonic()), _shut, [connection])
    shut.daemon = True
    shut.start()
    try:
        yield
    finally:
        shut.cancel()


def _shut(connection: socket.socket | None) -> None:
    if connection is not None:
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not TLS's own, which would wait to say goodbye


def _usage(told: Any) -> Json | None:
    """What the server counted, if it says so in numbers."""
    if not isinstance(told, dict):
        return None
    details = told.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    counted = {
        "prompt_tokens": told.get("prompt_tokens"),
        "completion_tokens": told.get("completion_tokens"),
        "cached_tokens": cached or 0,
    }
    return counted if all(type(number) is int and number >= 0 for number in counted.values()) else None


def prepare(key: str, base_url: str) -> None:
    """Make the client before it is needed."""
    _client(key, base_url)


def close() -> None:
    """Close the connections that are kept; the next call makes its own."""
    with _making:
        while _clients:
            _clients.popitem()[1].close()


def _client(key: str, base_url: str) -> "openai.OpenAI":
    """A client with connections of its own; made late, since importing it takes half a second."""
    import openai

    with _making:
        if (key, base_url) not in _clients:
            address = base_url or OPENAI
            http = client(partial(outgoing.model, address), limits=openai.DEFAULT_CONNECTION_LIMITS)
            _clients[key, base_url] = openai.OpenAI(
                api_key=key or "none", base_url=address, max_retries=0, http_client=http
            )
        return _clients[key, base_url]
