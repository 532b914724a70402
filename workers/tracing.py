"""Traces of OpenTelemetry, for all processes. Off, and nothing of it imported, unless the variables say where to.

`OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`) switches it on; the packages come with `concord[telemetry]`. A
place in a trace travels as a `traceparent` (W3C): in the header of a call, and in the row of an operation, so that
whichever process goes on with it adds to the same tree. No parameters, results, prompts or answers go into a span.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from types import MappingProxyType
from typing import Any, Literal, ParamSpec, TypeVar

logger = logging.getLogger(__name__)

Kind = Literal["internal", "server", "client", "producer", "consumer"]
P = ParamSpec("P")
R = TypeVar("R")

SWITCHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
FLUSH_MS = 5000
NONE: Mapping[str, Any] = MappingProxyType({})


class Span:
    """What a piece of work tells of itself; this one tells nobody."""

    def tell(self, attributes: Mapping[str, Any]) -> None:
        """Add attributes; those that are None are left out."""

    def name(self, name: str) -> None:
        """Call it otherwise, once that is known."""

    def failed(self, error: str) -> None:
        """Say that it came to nothing; ``error`` is a kind, not a text."""


NOBODY = Span()


def is_on() -> bool:
    return _tracer() is not None


@contextmanager
def span(
    name: str, attributes: Mapping[str, Any] = NONE, *, kind: Kind = "internal", parent: str = "", link: bool = False
) -> Iterator[Span]:
    """A piece of work: within what this thread is at, or under the ``parent`` (a traceparent) where there is one.

    ``link``: name what the thread was at beside the parent. An exception that leaves the block marks it as failed, by
    its type alone: its text may have data in it.
    """
    tracer = _tracer()
    if tracer is None:
        yield NOBODY
        return
    with tracer.begin(name, attributes, kind, parent, link) as begun:
        yield begun


def traceparent() -> str:
    """Where this thread is in its trace; empty where traces are off, or there is none."""
    tracer = _tracer()
    return tracer.traceparent() if tracer else ""


def headers() -> dict[str, str]:
    """The header that a call carries."""
    here = traceparent()
    return {"traceparent": here} if here else {}


def carried(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, to be run by another thread as a part of what this one is at."""
    tracer = _tracer()
    return tracer.carried(function) if tracer else function


def flush() -> None:
    """Send what there is, and wait for it."""
    if tracer := _tracer():
        tracer.provider.force_flush(FLUSH_MS)


def forget() -> None:
    """Read the variables anew next time. Sends what there is."""
    if tracer := _tracer():
        tracer.provider.shutdown()
    _tracer.cache_clear()


@cache
def _tracer() -> "Tracer | None":
    if not any(os.environ.get(name) for name in SWITCHES) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        return Tracer()
    except ImportError as error:
        logger.warning("Traces are asked for, but %s is not here: install concord[telemetry]", error.name)
        return None


class Tracer:
    """The SDK, which sends from a thread of its own. Raises ImportError where its packages are missing."""

    def __init__(self) -> None:
        from opentelemetry import context, propagate, trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        named = os.environ.get("OTEL_SERVICE_NAME", "concord")
        self.context, self.propagate, self.trace = context, propagate, trace
        self.provider = TracerProvider(resource=Resource.create({"service.name": named, "process.pid": os.getpid()}))
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.tracer = self.provider.get_tracer("concord")

    @contextmanager
    def begin(self, name: str, attributes: Mapping[str, Any], kind: Kind, parent: str, link: bool) -> Iterator[Span]:
        here = self.trace.get_current_span().get_span_context()
        under = self.propagate.extract({"traceparent": parent}, context=self.context.Context()) if parent else None
        links = [self.trace.Link(here)] if link and parent and here.is_valid else None
        kinds = self.trace.SpanKind
        with self.tracer.start_as_current_span(
            name,
            under,
            kind=kinds[kind.upper()],
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        ) as raw:
            told = Told(raw, self.trace)
            told.tell(attributes)
            try:
                yield told
            except BaseException as error:
                told.failed(type(error).__name__)
                raise

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        self.propagate.inject(carrier)
        return carrier.get("traceparent", "")

    def carried(self, function: Callable[P, R]) -> Callable[P, R]:
        here = self.context.get_current()

        @wraps(function)
        def within(*args: P.args, **kwargs: P.kwargs) -> R:
            token = self.context.attach(here)
            try:
                return function(*args, **kwargs)
            finally:
                self.context.detach(token)

        return within


class Told(Span):
    """A span that is sent."""

    def __init__(self, raw: Any, trace: Any):
        self.raw = raw
        self.trace = trace

    def tell(self, attributes: Mapping[str, Any]) -> None:
        for name, value in attributes.items():
            if value is not None:
                self.raw.set_attribute(name, value)

    def name(self, name: str) -> None:
        self.raw.update_name(name)

    def failed(self, error: str) -> None:
        self.raw.set_attribute("error.type", error)
        self.raw.set_status(self.trace.StatusCode.ERROR)
