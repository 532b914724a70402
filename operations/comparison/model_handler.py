"""The HTTP of the model server: one connection of a client, and the answers on it at the server's pace."""

import json
import select
import time
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from operations.comparison import wire
from operations.comparison.wire import Reply, Served

if TYPE_CHECKING:
    from operations.comparison.model_server import ModelServer

Json = dict[str, Any]

LOOK = 0.05  # seconds between looks whether the client went away or the server is to stop


class Broken(Exception):
    """The answer ends here: as scripted, because the client left, or because the server stops."""


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    model_server: "ModelServer"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60  # seconds that an idle connection is kept

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: prompts may hold data."""

    def handle(self) -> None:
        """Serve the connection; a client may leave at any time."""
        with self.model_server.connected(self.connection), suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._send(404, wire.error(404, f"Unknown request URL: GET {self.path}"))
            return
        listed = [{"id": self.model_server.model, "object": "model", "created": 0, "owned_by": "concord"}]
        self._send(200, {"object": "list", "data": listed})

    def do_POST(self) -> None:
        self.began = time.monotonic()
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._answer(content)
        except (Broken, ConnectionError):
            self.close_connection = True

    def _answer(self, content: bytes) -> None:
        server = self.model_server
        if self.path != "/v1/chat/completions":
            self._send(404, wire.error(404, f"Unknown request URL: POST {self.path}"))
        elif server.key and self.headers.get("Authorization") != f"Bearer {server.key}":
            self._send(401, wire.error(401, "Incorrect API key provided"))
        elif faults := list(wire.faults(request := json.loads(content))):
            self._send(400, wire.error(400, "; ".join(faults)))
        else:
            self._chat(request)

    def _chat(self, request: Json) -> None:
        server = self.model_server
        served = Served(request)
        with server.under_way(served):
            reply = server.say(request)
            served.status = reply.status
            self.began += reply.delay
            if reply.status != 200:
                self._wait(self.began)
                self._send(reply.status, wire.error(reply.status, reply.error), reply.headers)
                return
            served.prompt_tokens = wire.prompt_tokens(request)
            served.cached_tokens = server.prefixes.cached_tokens(wire.prompt_text(request))
            self._wait(self.began + server.ttft)
            self._say(reply, served)

    def _say(self, reply: Reply, served: Served) -> None:
        request, number = served.request, next(self.model_server.numbers)
        frame = {"id": f"chatcmpl-{number}", "created": int(time.time()), "model": request["model"]}
        deltas, finish_reason = wire.deltas(reply, number), reply.finish_reason
        limit = request.get("max_completion_tokens") or request.get("max_tokens")
        if limit and len(deltas) > limit:
            deltas, finish_reason = deltas[:limit], "length"
        elif reply.tool_calls:
            finish_reason = "tool_calls"

        if reply.body is not None:
            self._send(200, reply.body.encode(), reply.headers)
        elif request.get("stream"):
            self._stream(reply, served, frame, deltas, finish_reason)
        else:
            self._whole(reply, served, frame, deltas, finish_reason)

    def _whole(self, reply: Reply, served: Served, frame: Json, deltas: list[Json], finish_reason: str) -> None:
        self._wait(self._due(len(deltas)))
        said = wire.message(deltas)
        served.completion_tokens = wire.completion_tokens(said)
        served.reported = reply.usage
        usage = served.usage() if reply.usage else None
        content = json.dumps(wire.completion(frame, said, finish_reason, usage)).encode()
        if reply.cut_after is None and reply.stall_after is None:
            self._send(200, content, reply.headers)
            return
        served.reported = False
        self._head(200, {"Content-Length": str(len(content))})
        self.wfile.write(content[: len(content) // 2])
        self._break(reply)

    def _stream(self, reply: Reply, served: Served, frame: Json, deltas: list[Json], finish_reason: str) -> None:
        ends = [end for end in (reply.cut_after, reply.stall_after) if end is not None]
        self._head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", **reply.headers})
        self._event(wire.chunk(frame, {"role": "assistant", "content": ""}))
        sent: list[Json] = []
        try:
            for delta in deltas[: min(ends, default=None)]:
                self._wait(self._due(len(sent)))
                self._event(wire.chunk(frame, delta))
                sent.append(delta)
        finally:
            served.completion_tokens = wire.completion_tokens(wire.message(sent))
        if ends:
            self._break(reply)
        served.reported = reply.usage and bool((served.request.get("stream_options") or {}).get("include_usage"))
        self._event(wire.chunk(frame, {}, finish_reason))
        if served.reported:
            self._event({**wire.chunk(frame, {}), "choices": [], "usage": served.usage()})
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _break(self, reply: Reply) -> None:
        """End in the middle, or say nothing more until the client has left."""
        if reply.stall_after is not None:
            self._wait(float("inf"))
        raise Broken

    def _event(self, data: Json | str) -> None:
        line = f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def _send(self, status: int, body: Json | bytes, headers: Mapping[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._head(status, {"Content-Length": str(len(content)), **(headers or {})})
        self.wfile.write(content)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _due(self, said: int) -> float:
        """When the token after ``said`` ones comes, by the server's pace and not by how long the sending took."""
        server = self.model_server
        return self.began + server.ttft + (said / server.rate if server.rate else 0.0)

    def _wait(self, until: float) -> None:
        """Wait for the time, and raise `Broken` as soon as nobody waits for the answer any more."""
        while True:
            left = until - time.monotonic()
            gone, _, _ = select.select([self.connection], [], [], min(LOOK, max(0.0, left)))
            if gone or self.model_server.stopping.is_set():
                raise Broken
            if left <= 0:
                return
