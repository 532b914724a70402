"""A model call as a span, by the conventions of OpenTelemetry for generative AI. What was said stays out of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from workers import llm_http, tracing
from workers.llm_failures import Failure


@contextmanager
def chat(request: llm_http.Request, purpose: str) -> Iterator[Callable[[llm_http.Heard, Failure | None], None]]:
    """The span of one HTTP call; the function that it gives is told what came of it."""
    asked = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",  # the protocol; whose server it is, the address says
        "gen_ai.request.model": request.model,
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.output.type": "json" if request.schema else "text",
        "server.address": urlsplit(request.base_url or llm_http.OPENAI).hostname,
        "concord.purpose": purpose,
    }
    with tracing.span(f"chat {request.model}", asked, kind="client") as span:

        def said(heard: llm_http.Heard, failure: Failure | None) -> None:
            counted = heard.usage or {}
            span.tell(
                {
                    "gen_ai.response.finish_reasons": [heard.finish_reason] if heard.finish_reason else None,
                    "gen_ai.usage.input_tokens": counted.get("prompt_tokens"),
                    "gen_ai.usage.output_tokens": counted.get("completion_tokens"),
                    "gen_ai.usage.cache_read.input_tokens": counted.get("cached_tokens"),
                }
            )
            if failure:
                span.failed(failure.kind)

        yield said
