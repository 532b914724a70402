"""A server that is called, or must not be, and the address that clouds are asked for credentials at."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METADATA = "169.254.169.254"


class Server:
    """Answers everything with a status and headers, and keeps what it was asked."""

    def __init__(self, address: str, status: int, headers: dict[str, str]) -> None:
        self.asked: list[tuple[str, str]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, self.headers["Host"]))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "22")
                self.end_headers()
                self.wfile.write(b'{"version": "1", "x":1}'[:22])

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer((address, 0), Handler)
        self.port = self.http.server_port


@contextmanager
def serving(address: str = "127.0.0.1", status: int = 200, **headers: str) -> Iterator[Server]:
    server = Server(address, status, headers)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        thread.join()
        server.http.server_close()
