"""A model behind real HTTP: OpenAI-compatible, its answers decided by a function, its pace and its faults set.

It counts tokens itself, as the judge of what clients say they spent. Used by tests and by `manage.py compare`::

    with serve(lambda request: Reply(text="…"), ttft=0.6, rate=60) as server:
        settings.OPENAI_BASE_URL = server.url
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from itertools import count
from typing import Any

from operations.comparison.model_handler import LOOK, Handler
from operations.comparison.prefix_cache import PrefixCache
from operations.comparison.wire import Reply, Served

__all__ = ["ModelServer", "Reply", "Served", "serve"]

Json = dict[str, Any]
Decide = Callable[[Json], Reply]

MODEL = "scripted"
PATIENCE = 10.0  # seconds


class ModelServer:
    """What a running server is told and tells; all of it may change while it runs.

    ``ttft`` seconds pass before the first token, then ``rate`` tokens come a second (None: as fast as they go).
    With a ``key``, other keys are refused. ``calls`` are the chat requests so far, with what was counted of each.
    """

    def __init__(self, decide: Decide, *, ttft: float, rate: float | None, key: str, model: str):
        self.decide = decide
        self.ttft = ttft
        self.rate = rate
        self.key = key
        self.model = model
        self.url = ""
        self.calls: list[Served] = []
        self.prefixes = PrefixCache()
        self.failures: list[Exception] = []
        self.stopping = threading.Event()
        self.numbers = count(1)
        self._connections: set[socket.socket] = set()
        self._under_way = 0
        self._idle = threading.Condition()

    @property
    def tokens(self) -> int:
        """All that was counted, also of requests that clients have just left."""
        with self._idle:
            if not self._idle.wait_for(lambda: not self._under_way, PATIENCE):
                raise TimeoutError(f"{self._under_way} requests are still being answered")
            return sum(call.tokens for call in self.calls)

    def forget(self) -> None:
        """Begin anew: no calls, and a cold prefix cache."""
        self.calls.clear()
        self.prefixes.clear()

    @contextmanager
    def under_way(self, served: Served) -> Iterator[None]:
        """Keep ``served``, which grows until the end of the block."""
        with self._idle:
            self.calls.append(served)
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    @contextmanager
    def connected(self, connection: socket.socket) -> Iterator[None]:
        """Know of ``connection`` inside the block, to end it when the server stops."""
        self._connections.add(connection)
        try:
            yield
        finally:
            self._connections.discard(connection)

    def hang_up(self) -> None:
        """End the connections that clients keep: another server may have this port next."""
        self.stopping.set()
        for connection in self._connections.copy():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def say(self, request: Json) -> Reply:
        """What is decided; an error there is a 500 here, and raised again at the end."""
        try:
            return self.decide(request)
        except Exception as error:  # noqa: BLE001
            self.failures.append(error)
            return Reply(status=500, error=f"decide failed: {error!r}")


@contextmanager
def serve(
    decide: Decide,
    *,
    ttft: float = 0.0,
    rate: float | None = None,
    key: str = "",
    model: str = MODEL,
    port: int = 0,
) -> Iterator[ModelServer]:
    """Serve on loopback inside the block. What ``decide`` raised there is raised at the end of it."""
    server = ModelServer(decide, ttft=ttft, rate=rate, key=key, model=model)
    handler = type("BoundHandler", (Handler,), {"model_server": server})
    http = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": LOOK}, name="model", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
        server.hang_up()
    if server.failures:
        raise server.failures[0]
