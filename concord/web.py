"""The web: Daphne, with an orderly end. Takes Daphne's own arguments:

python -m concord.web -b 127.0.0.1 -p 8000 concord.asgi:application
"""

import asyncio
import logging
import sys
from typing import Any

from daphne.cli import CommandLineInterface
from daphne.server import Server
from twisted.internet import defer

from concord import asgi

logger = logging.getLogger(__name__)

GRACE_SECONDS = 20.0  # less than the 30 that Kubernetes gives
PAUSE = 0.05


class OrderlyServer(Server):
    """On SIGTERM it takes no new connection, answers who waits for an operation (202), and lets requests end.

    Daphne's own would cut them off. Sockets are closed at the end; browsers and clients connect anew, elsewhere.
    """

    def kill_all_applications(self) -> Any:
        """Called by the reactor before it stops; it stops once this is done."""
        ended = asyncio.ensure_future(self._wind_down())
        return defer.Deferred.fromFuture(ended).addCallback(
            lambda _: super(OrderlyServer, self).kill_all_applications()
        )

    async def _wind_down(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        asgi.http.release()
        deadline = asyncio.get_running_loop().time() + GRACE_SECONDS
        while (busy := self._requests()) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(PAUSE)
        if busy:
            logger.warning("%s requests were cut off: they took longer than %s s", busy, GRACE_SECONDS)

    def _requests(self) -> int:
        """How many HTTP requests are not answered yet."""
        running = [
            state.get("application_instance") for protocol, state in self.connections.items() if _is_http(protocol)
        ]
        return sum(task is not None and not task.done() for task in running)


class Interface(CommandLineInterface):
    description = "Concord's web"
    server_class = OrderlyServer


def _is_http(protocol: Any) -> bool:
    return type(protocol).__name__ == "WebRequest"  # a socket's connection is a WebSocketProtocol


if __name__ == "__main__":
    Interface().run(sys.argv[1:])
