"""The process around a worker's service: its socket, uvicorn, and an orderly end on SIGTERM."""

import socket
import uuid

import uvicorn

from workers.contract import Worker
from workers.service.app import make_app
from workers.service.calls import Calls

# Longer than clients keep an idle connection, so that none is closed under a request.
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 10


class Server(uvicorn.Server):
    """Serves ``worker`` on ``listener``. `run` returns after a signal, or after ``should_exit`` was set."""

    def __init__(self, worker: Worker, listener: socket.socket):
        host, port = listener.getsockname()[:2]
        # Whoever has this place now, an earlier owner of it is dead: its calls may run again at once.
        self.calls = Calls(worker, f"{socket.gethostname()}/{uuid.getnode():x}/{host}:{port}")
        self.listener = listener
        config = uvicorn.Config(
            make_app(self.calls),
            http="httptools",
            loop="asyncio",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        super().run(sockets or [self.listener])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.calls.stop()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address, 0 for any free port. Raises OSError, for one where the port is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # An answer is two writes; asyncio would not set this on a listener that it did not make (40 ms per call).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
