"""Daphne's connections with limits: what is too large is refused before it is read, and who dribbles is sent away.

Twisted would wait as long as another byte comes every minute, keep bodies of any size, and answer what it cannot read
with a bare 400.
"""

import json
from http.client import responses
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from daphne.http_protocol import HTTPFactory
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from django.conf import settings
from twisted.internet.protocol import connectionDone
from twisted.web import http

from concord.limits.shape import too_large
from concord.metrics import families
from concord.metrics.process import figures
from concord.wire import Scrubbed
from operations.problems import MEDIA_TYPE, document

HEADERS_WITHIN = 15.0  # seconds from the first byte of a request
BODY_WITHIN = 60.0  # seconds from the end of its headers
MOST_HEADERS = 100
LINGER_BYTES, LINGER_SECONDS = 2**24, 5.0  # still read, and thrown away, so that the client sees the answer
MALFORMED = "The request is malformed."
REASONS = {400: "Bad Request", 408: "Request Timeout", 413: "Content Too Large"}
REASONS |= {414: "URI Too Long", 431: "Request Header Fields Too Large"}
GUARD = "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\n"


class Channel(http.HTTPChannel):
    """One connection. What is refused here never becomes a request for Django."""

    maxHeaders = MOST_HEADERS  # noqa: N815
    transport: Any

    def __init__(self) -> None:
        super().__init__()
        self._deadline: Any = None
        self._refused = False
        self._thrown_away = 0

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's names
        if self._refused:
            self._throw_away(data)
            return
        if self._deadline is None and not self._handlingRequest:
            self._allow(HEADERS_WITHIN)
        super().dataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802
        self._allow(BODY_WITHIN)
        super().allHeadersReceived()

    def allContentReceived(self) -> None:  # noqa: N802
        self._allow(None)
        if not self._refused:
            super().allContentReceived()

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._refused:
            self._throw_away(data)
        else:
            super().rawDataReceived(data)

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        if not self._refused:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        self._respondToBadRequestAndDisconnect(len(line))

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802
        self._allow(None)
        super().connectionLost(reason)

    def refuse(self, status: int, detail: str) -> None:
        """Answer at once, read a little of what still comes so that the answer gets through, and close."""
        if self._refused or self._handlingRequest:
            return
        self._refused = True
        self.persistent = False
        figures.add(lambda rise: rise.count(families.REFUSED, str(status)))
        body = json.dumps(document(status, detail, "") | {"title": REASONS[status]}).encode()
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {MEDIA_TYPE}\r\n{GUARD}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        if hasattr(self.transport, "loseWriteConnection"):
            self.transport.loseWriteConnection()
        self._allow(LINGER_SECONDS)

    def _throw_away(self, data: bytes) -> None:
        self._thrown_away += len(data)
        if self._thrown_away > LINGER_BYTES:
            self.transport.abortConnection()

    def _allow(self, seconds: float | None) -> None:
        """Let what is awaited now come within so many seconds; None: nothing is awaited."""
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = self.callLater(seconds, self._too_late) if seconds is not None else None

    def _too_late(self) -> None:
        if self._refused:
            self.transport.abortConnection()
        else:
            self.refuse(408, "The request did not come within the time that is given to it.")

    def _send100Continue(self) -> None:  # noqa: N802
        if not self._refused:
            super()._send100Continue()

    def _respondToBadRequestAndDisconnect(self, size: int = 0) -> None:  # noqa: N802
        """Twisted's word for everything that it does not take; the sizes have statuses of their own."""
        if self._receivedHeaderCount > self.maxHeaders:
            self.refuse(431, f"There are more than {MOST_HEADERS} headers.")
        elif self._receivedHeaderSize + size > self.totalHeadersSize:
            in_address = not self.requests or not hasattr(self, "_path")
            what = "address is" if in_address else "headers are"
            detail = f"The {what} larger than {self.totalHeadersSize:,} bytes."
            self.refuse(414 if in_address else 431, detail)
        else:
            self.refuse(400, MALFORMED)


class Request(Scrubbed):
    """A request whose body is kept only as far as it may be large."""

    _too_large = False

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:  # noqa: N802
        super().setResponseCode(code, message or responses.get(code, "").encode() or None)

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        super().gotLength(0 if length is not None and length > settings.MAX_BODY_BYTES else length)
        if length is not None and length > settings.MAX_BODY_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if self._too_large:
            return
        if self.content.tell() + len(data) > settings.MAX_BODY_BYTES:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def _refuse(self) -> None:
        self._too_large = True
        no = too_large()
        self.channel.refuse(no.status, no.detail)


class Reception(HTTPFactory):
    """Makes connections with limits."""

    protocol = Channel

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol


class Socket(WebSocketProtocol):
    """A socket whose handshake is refused with the status that the application gives, if it gives one."""

    _status = 403
    handshake_deferred: Any  # until it is answered

    def handle_reply(self, message: Any) -> None:
        self._status = message.get("status", 403)
        super().handle_reply(message)

    def serverReject(self) -> None:  # noqa: N802
        if self._status == 403 or not hasattr(self, "handshake_deferred"):
            super().serverReject()
            return
        refusal, self.handshake_deferred = self.handshake_deferred, _Nobody()
        super().serverReject()
        refusal.errback(ConnectionDeny(self._status, "Too many sockets: try again later"))


class _Nobody:
    """Takes the place of what was answered already."""

    def errback(self, failure: Any) -> None: ...


class SocketReception(WebSocketFactory):
    """Makes such sockets. One that says too much is told so before it is closed."""

    protocol = Socket

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.setProtocolOptions(failByDrop=False)
