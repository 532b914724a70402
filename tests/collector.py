"""A collector of traces for tests: takes OTLP over HTTP, as any real one does, and keeps what it is sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """A span as it came in."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict[str, Any]
    links: list[str]  # the ids of traces


@dataclass
class Spans:
    """What was sent so far, and the texts that could be in it."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.seen if span.name == name]

    def take(self, body: bytes) -> None:
        sent = ExportTraceServiceRequest.FromString(body)
        self.bodies.append(body)
        self.seen += [
            _seen(span) for resource in sent.resource_spans for scope in resource.scope_spans for span in scope.spans
        ]


def _seen(span: Any) -> Seen:
    return Seen(
        name=span.name,
        kind=span.kind,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        failed=span.status.code == 2,
        attributes={pair.key: _value(pair.value) for pair in span.attributes},
        links=[link.trace_id.hex() for link in span.links],
    )


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind)


@contextmanager
def collecting() -> Iterator[Spans]:
    """A collector that listens inside the block."""
    spans = Spans("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            spans.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="collector")
    thread.start()
    spans.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield spans
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
