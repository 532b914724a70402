"""The door of the sockets: how many handshakes, how many that are open, and how much their clients say.

Clients have nothing to say there. A few small messages are passed over, as they always were; who says more is sent
away. A handshake that is refused is answered with 429 or 503 by Concord's own server, and with 403 by a plain Daphne.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from concord.limits import callers
from concord.limits.door import Counter, Entry
from concord.limits.fields import refused
from concord.limits.seats import Seats
from concord.limits.shape import NUL
from concord.metrics import families
from concord.metrics.process import figures

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

TRY_AGAIN_LATER = 1013
TOO_MUCH = 4429  # as HTTP's 429: Daphne sends none of the codes that the standard has for this
MOST_SAID = 60  # messages in a minute
LONGEST_SAID = 4_096  # bytes of one; the server closes with 1009 before it comes here
MINUTE = 60.0


class SocketDoor:
    """Wraps the application of the sockets."""

    def __init__(self, application: Any, counter: Counter, seats: Seats) -> None:
        self.application = application
        self.counter = counter
        self.seats = seats

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        entry = await self.counter.take(scope)
        if NUL in scope["path"]:
            await _turn_away(receive, send, 403)
        elif refused(entry.levels):
            await _turn_away(receive, send, 429)
        elif full := self.seats.take(entry.who):
            await _turn_away(receive, send, 429 if full.own else 503)
        else:
            try:
                await self._open(scope, receive, send, entry)
            finally:
                self.seats.leave(entry.who)

    async def _open(self, scope: Any, receive: Receive, send: Any, entry: Entry) -> None:
        is_open = False

        async def sending(message: Message) -> None:
            nonlocal is_open
            is_open = is_open or message["type"] == "websocket.accept"
            if message["type"] == "websocket.close" and not is_open:
                await self.counter.failed(entry)
            elif message["type"] == "websocket.accept":
                await self.counter.let_in(entry, scope.get(callers.SAYS, ""))
            await send(message)

        await self.application(scope, Listening(receive, send), sending)


class Listening:
    """A ``receive`` that ends a socket whose client says too much."""

    def __init__(self, receive: Receive, send: Any) -> None:
        self._receive = receive
        self._send = send
        self._said = 0
        self._since = time.monotonic()
        self._ended = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] != "websocket.receive" or self._ended:
            return message
        now = time.monotonic()
        if now - self._since > MINUTE:
            self._said, self._since = 0, now
        self._said += 1
        if self._said <= MOST_SAID and _size(message) <= LONGEST_SAID:
            return message
        self._ended = True
        figures.add(lambda rise: rise.count(families.REFUSED, "said"))
        await self._send({"type": "websocket.close", "code": TOO_MUCH})
        return {"type": "websocket.disconnect", "code": TOO_MUCH}


def _size(message: Message) -> int:
    return len(message.get("bytes") or (message.get("text") or "").encode())


async def _turn_away(receive: Receive, send: Any, status: int) -> None:
    """Refuse the handshake. ``status`` is for Concord's own server: ASGI has none."""
    figures.add(lambda rise: rise.count(families.REFUSED, "socket"))
    await receive()
    await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "status": status})
