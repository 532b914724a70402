"""The web: Daphne, with an orderly end. Takes Daphne's own arguments:

python -m concord.web -b 127.0.0.1 -p 8000 concord.asgi:application
"""

import asyncio
import logging
import sys
from typing import Any

from daphne import server
from daphne.cli import CommandLineInterface
from daphne.http_protocol import WebRequest
from twisted.internet import defer
from twisted.logger import globalLogBeginner

from concord import asgi, logs
from concord.limits.reception import Reception, SocketReception
from concord.limits.sockets import LONGEST_SAID

logger = logging.getLogger(__name__)

GRACE_SECONDS = 20.0  # less than the 30 that Kubernetes gives
PAUSE = 0.05


# Daphne's server asks for no other makers of its connections.
server.HTTPFactory = Reception
server.WebSocketFactory = SocketReception


class OrderlyServer(server.Server):
    """On SIGTERM it takes no new connection, answers who waits for an operation (202), and lets requests end.

    Daphne's own would cut them off. Sockets are closed at the end; browsers and clients connect anew, elsewhere.
    """

    def run(self) -> None:
        self.server_name = ""  # what serves is nobody's business
        self.action_logger = None  # it would print addresses with what people looked for; see concord.acting
        self.websocket_max_message_size = self.websocket_max_frame_size = LONGEST_SAID
        super().run()

    def kill_all_applications(self) -> Any:
        """Called by the reactor before it stops; it stops once this is done."""
        ended = asyncio.ensure_future(self._wind_down())
        return defer.Deferred.fromFuture(ended).addCallback(
            lambda _: super(OrderlyServer, self).kill_all_applications()
        )

    async def _wind_down(self) -> None:
        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        asgi.waiting.release()
        deadline = asyncio.get_running_loop().time() + GRACE_SECONDS
        while (busy := self._requests()) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(PAUSE)
        if busy:
            logger.warning("%s requests were cut off: they took longer than %s s", busy, GRACE_SECONDS)
        # Who is still sending has no application that Daphne could end.
        self.connections: dict[Any, Any] = {
            one: state for one, state in self.connections.items() if "application_instance" in state
        }

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
    return isinstance(protocol, WebRequest)  # a socket's connection is a WebSocketProtocol


def _say(event: dict[str, Any]) -> None:
    """What Twisted could not handle, into the log; by itself it prints it."""
    if failure := event.get("log_failure"):
        frames = failure.getTracebackObject()
        logger.error("Twisted could not go on", exc_info=(failure.type, failure.value, frames))


if __name__ == "__main__":
    logs.catch_uncaught()
    observers: list[Any] = [_say]
    globalLogBeginner.beginLoggingTo(observers, redirectStandardIO=False, discardBuffer=True)
    Interface().run(sys.argv[1:])
