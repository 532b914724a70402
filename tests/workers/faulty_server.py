"""A web server that serves one file badly: it breaks off, or answers otherwise, as a script says."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Faulty:
    """What is served, and how: each answer in turn, the last one for good. ``requests`` holds the headers received."""

    content: bytes
    answers: list[Callable[["Faulty", BaseHTTPRequestHandler], None]]
    etag: str = '"{A-1},1"'
    url: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)


def whole(faulty: Faulty, handler: BaseHTTPRequestHandler) -> None:
    """All of it, or the range that was asked for and still fits."""
    start = 0
    asked = handler.headers.get("Range", "")
    if asked and handler.headers.get("If-Range") == faulty.etag:
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
    handler.send_response(206 if start else 200)
    if start:
        last = len(faulty.content) - 1
        handler.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
    _body(faulty, handler, faulty.content[start:], len(faulty.content) - start)


def breaks_off(at: int) -> Callable[[Faulty, BaseHTTPRequestHandler], None]:
    """The beginning, then the connection ends."""

    def answer(faulty: Faulty, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        _body(faulty, handler, faulty.content[:at], len(faulty.content))

    return answer


def says(status: int, body: bytes = b"", **headers: str) -> Callable[[Faulty, BaseHTTPRequestHandler], None]:
    """Another status."""

    def answer(faulty: Faulty, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        _body(faulty, handler, body, len(body))

    return answer


def _body(faulty: Faulty, handler: BaseHTTPRequestHandler, body: bytes, length: int) -> None:
    handler.send_header("ETag", faulty.etag)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(body)


@contextlib.contextmanager
def serving_badly(content: bytes, *answers: Callable[[Faulty, BaseHTTPRequestHandler], None]) -> Iterator[Faulty]:
    """Serve inside the block."""
    faulty = Faulty(content, list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            faulty.requests.append(dict(self.headers))
            answer = faulty.answers.pop(0) if len(faulty.answers) > 1 else faulty.answers[0]
            answer(faulty, self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    faulty.url = f"http://127.0.0.1:{server.server_port}/rolls"
    try:
        yield faulty
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
