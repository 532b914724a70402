"""Requests that wait for the end of an operation: they hold a coroutine here, and no thread and no connection.

The view commits, and answers 202 at once with a `Concord-Wait` header. That answer is held back here until the
operation rests or the time is up. Then its snapshot in Redis is what the caller gets; where there is none, or the
caller may not be who he was any more, the operation is fetched through the same application with his credentials.

Only so many wait at the same time, of one client and of all. Who comes when all places are taken is answered at once
with that 202, and looks for himself.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from concord.limits import callers
from concord.limits.seats import Seats
from concord.rested import Rested
from operations.api import WAIT_HEADER

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

WAIT = WAIT_HEADER.lower().encode()
# These are about the POST; the GET that follows it has no body, no key and no wish to wait.
ONLY_FOR_POST = frozenset(
    {b"content-length", b"content-type", b"content-encoding", b"transfer-encoding", b"expect", b"prefer"}
    | {b"idempotency-key", b"if-none-match", b"if-modified-since"}
)
KEPT = frozenset({b"location", b"preference-applied", b"vary", b"x-request-id"})


class Waiting:
    """Wraps an ASGI application: holds back its answers with a `Concord-Wait` header."""

    def __init__(self, application: Any, rested: Rested, seats: Seats):
        self.application = application
        self.rested = rested
        self.seats = seats
        self._held: set[asyncio.Task[None]] = set()
        self._releasing = False

    def release(self) -> None:
        """Let nobody wait any longer, since this process ends: who waits is answered with 202 and where to look."""
        self._releasing = True
        for waiting in self._held:
            waiting.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await self.application(scope, receive, send)
            return
        began = time.monotonic()
        held = Held(send, lambda: self.seats.take(_who(scope)) is None)
        try:
            await self.application(scope, receive, held.send)
            if held.operation_id:
                await self._wait(scope, receive, send, held, began)
        finally:
            if held.operation_id:  # from the moment on at which it took a place
                self.seats.leave(_who(scope))

    async def _wait(self, scope: Scope, receive: Receive, send: Send, held: "Held", began: float) -> None:
        leaving = asyncio.create_task(_disconnect(receive))
        try:
            waiting = asyncio.create_task(self.rested.wait(held.operation_id, began))
            self._held.add(waiting)
            waiting.add_done_callback(self._held.discard)
            seconds = 0 if self._releasing else held.seconds
            await asyncio.wait({leaving, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            await _stop(waiting)
            if leaving.done():
                return
            snapshot = None
            # A session may have ended in the meantime; of keys Redis tells.
            if b"cookie" not in dict(scope["headers"]):
                snapshot = await self.rested.snapshot(held.operation_id, began)
            if snapshot:
                await held.answer(snapshot)
            else:
                await self.application(_get(scope, held), _silent(leaving), _with(held.kept(), send))
        finally:
            await _stop(leaving)


class Held:
    """Passes an answer on, or holds it back if it says that its client will wait and ``may_wait`` finds a place."""

    def __init__(self, send: Send, may_wait: Callable[[], bool]):
        self._send = send
        self._may_wait = may_wait
        self.operation_id = ""
        self.seconds = 0.0
        self.headers: Headers = []

    async def answer(self, body: bytes) -> None:
        """Send 200 with this body, and the headers of the answer that was held back."""
        headers = [header for header in self.headers if header[0] not in (WAIT, b"content-length")]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def kept(self) -> Headers:
        """Those headers of the answer that was held back which are about the POST."""
        return [header for header in self.headers if header[0] in KEPT]

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name.lower(), value) for name, value in message["headers"]]
            self._read(headers)
            message = {**message, "headers": [header for header in headers if header[0] != WAIT]}
        if not self.operation_id:
            await self._send(message)

    def _read(self, headers: Headers) -> None:
        asked = dict(headers).get(WAIT)
        if asked and self._may_wait():
            self.operation_id, seconds = asked.decode().split()
            self.seconds = float(seconds)
            self.headers = headers


def _who(scope: Scope) -> str:
    """Whose place it is: the client's whom the view has let in."""
    return str(scope.get(callers.SAYS) or callers.address(scope))


def _get(scope: Scope, held: Held) -> Scope:
    """The scope of a GET of the operation by the same client."""
    path = dict(held.headers)[b"location"]
    headers = [header for header in scope["headers"] if header[0] not in ONLY_FOR_POST and header[0] not in KEPT]
    request_id = [header for header in held.headers if header[0] == b"x-request-id"]
    return scope | {
        "method": "GET",
        "path": path.decode(),
        "raw_path": path,
        "query_string": b"",
        "headers": headers + request_id,
        "concord.waited": True,
    }


def _with(headers: Headers, send: Send) -> Send:
    """A ``send`` whose answer has these headers too, in place of its own of the same name."""
    names = {name for name, _ in headers}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(name, value) for name, value in message["headers"] if name.lower() not in names]
            message = {**message, "headers": own + headers}
        await send(message)

    return sending


def _silent(leaving: "asyncio.Task[None]") -> Receive:
    """A ``receive`` for a request without a body, which ends when its client leaves."""
    body_sent = False

    async def receive() -> Message:
        nonlocal body_sent
        if not body_sent:
            body_sent = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.shield(leaving)
        return {"type": "http.disconnect"}

    return receive


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(task: "asyncio.Task[None]") -> None:
    """Cancel a task, and wait until it has ended."""
    task.cancel()
    await asyncio.wait({task})
