"""Asking a language model: any server that speaks OpenAI's chat completions. Every HTTP call is accounted for.

The OpenAI client's own retries are off, since they hide calls; those here are few, bounded by the caller's time, and
each is a `Use` of its own.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from django.conf import settings

from workers import llm_http, llm_spans, tokens
from workers.llm_failures import Failure

Json = dict[str, Any]

TRIES = 5
BASE = 0.5  # seconds; the window of the random wait before the second call, doubled with each


@dataclass(frozen=True)
class Use:
    """One HTTP call of a model, also a failed one, as the ledger keeps it.

    ``estimated``: the server never said what it counted, so the tokens were counted here.
    """

    purpose: str  # planning | context | execution | validation
    model: str
    prompt_tokens: int
    completion_tokens: int = 0
    cached_tokens: int = 0
    estimated: bool = True
    latency_ms: int = 0
    error: str = ""

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Answer:
    """What the model said: text, tool calls in OpenAI's shape, or both; and what it took."""

    text: str
    tool_calls: list[Json]
    finish_reason: str
    uses: tuple[Use, ...]

    def json(self) -> Any:
        """The text as JSON. Raises `ModelFailed` of the kind ``invalid``."""
        try:
            return json.loads(self.text)
        except ValueError as error:
            raise ModelFailed("invalid", "The model's answer is no JSON", self.uses, self.text) from error


class ModelFailed(Exception):
    """The model gave no usable answer; ``kind`` says why, and ``text`` is what had come until then.

    Kinds: not_configured, unauthorized, rate_limited, server_error, unreachable, timeout, cut, rejected (the server
    does not take such a request), refused (the model declines), length, empty, invalid (not JSON).
    """

    def __init__(self, kind: str, words: str, uses: tuple[Use, ...] = (), text: str = ""):
        super().__init__(words)
        self.kind = kind
        self.uses = uses
        self.text = text


class Account(Protocol):
    """Who keeps account of the HTTP calls: told before each, with the prompt as estimated, and after it."""

    def begins(self, estimate: Use) -> None: ...

    def ended(self, use: Use) -> None: ...


def configured() -> bool:
    """Is there a model to ask?"""
    return bool(settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL)


def prepare() -> None:
    """Load what the first call would wait for, about a second: the client's package and the tables of tokens."""
    llm_http.prepare(settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL)
    tokens.count("")


def ask(
    messages: Sequence[Json],
    *,
    purpose: str,
    max_tokens: int,
    timeout: float,
    schema: Json | None = None,
    schema_name: str = "answer",
    tools: Sequence[Json] | None = None,
    on_text: Callable[[str], None] | None = None,
    account: Account | None = None,
) -> Answer:
    """Ask the configured model, within ``timeout`` seconds in all.

    ``schema``, a strict JSON Schema, is the form of the answer; ``tools`` are OpenAI's tool definitions. With
    ``on_text`` the answer streams, and each piece of text is handed to it; what it raises stops the call and is raised
    here. Raises `ModelFailed`, and nothing else of its own.
    """
    if not configured():
        raise ModelFailed("not_configured", "No model is configured: set OPENAI_API_KEY, or OPENAI_BASE_URL")
    request = llm_http.Request(
        key=settings.OPENAI_API_KEY,
        base_url=settings.OPENAI_BASE_URL,
        model=settings.OPENAI_MODEL,
        messages=messages,
        schema=schema,
        schema_name=schema_name,
        tools=tools,
        max_tokens=max_tokens,
    )
    deadline = time.monotonic() + timeout
    estimate = tokens.count_messages(messages, tools=tools, schema=schema)
    uses: tuple[Use, ...] = ()
    for attempt in count(1):
        heard, failure, use = _call(request, purpose, estimate, deadline, on_text, account)
        uses += (use,)
        if failure is None:
            return Answer(heard.text, heard.tool_calls, heard.finish_reason, uses)
        if attempt == TRIES or not _wait(failure, attempt, deadline):
            raise ModelFailed(failure.kind, failure.words, uses, heard.text)
    raise AssertionError("unreachable")


def _call(
    request: llm_http.Request,
    purpose: str,
    estimate: int,
    deadline: float,
    on_text: Callable[[str], None] | None,
    account: Account | None,
) -> tuple[llm_http.Heard, Failure | None, Use]:
    """One HTTP call, entered in the account whatever becomes of it."""
    before = Use(purpose, request.model, estimate)
    if account:
        account.begins(before)
    began = time.monotonic()
    heard = llm_http.Heard()
    failure: Failure | None = Failure("stopped", "The reader wanted no more")
    try:
        with llm_spans.chat(request, purpose) as said:
            failure = llm_http.fetch(request, heard, deadline, on_text)
            said(heard, failure)
    finally:
        use = _use(before, heard, failure, round((time.monotonic() - began) * 1000))
        if account:
            account.ended(use)
    return heard, failure, use


def _use(before: Use, heard: llm_http.Heard, failure: Failure | None, latency_ms: int) -> Use:
    """What the call cost: as the server says, else as counted here, and nothing where it did no work."""
    counted: Json = {"estimated": heard.usage is None}
    if heard.usage is not None:
        counted |= heard.usage
    elif failure and not failure.spent:
        counted |= {"prompt_tokens": 0, "estimated": False}
    else:
        counted |= {
            "prompt_tokens": before.prompt_tokens,
            "completion_tokens": tokens.count_answer(heard.text or heard.refusal, heard.tool_calls),
        }
    error = f"{failure.kind}: {failure.words}" if failure else ""
    return Use(before.purpose, before.model, latency_ms=latency_ms, error=error, **counted)


def _wait(failure: Failure, attempt: int, deadline: float) -> bool:
    """Wait as long as the server asks, or a moment. False where trying again makes no sense or comes too late."""
    if not failure.retry or (failure.spent and attempt > 1):  # what costs tokens is tried again only once
        return False
    seconds = random.uniform(0, BASE * 2**attempt)  # noqa: S311
    if failure.retry_after is not None:
        seconds = failure.retry_after + seconds / 10  # many that wait for the same moment come a little apart
    if time.monotonic() + seconds >= deadline:
        return False
    time.sleep(seconds)
    return True
