"""What of a request Daphne would take at its word, and does not know how to answer: refused, or taken away."""

import json
import time
from typing import Any

from daphne.http_protocol import WebRequest

from concord.answer_headers import guards
from operations.problems import MEDIA_TYPE, document

# Daphne mounts the application below what this header says, whoever sends it.
TAKEN_AWAY = b"daphne-root-path"
ASCII_ONLY = b"sec-websocket-protocol"


class Scrubbed(WebRequest):
    """A request as it is passed on, and the answers of Daphne itself, which are problem documents here."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        # Django reads forms. Twisted would do so before, and never answer to one that it cannot read.
        super().__init__(*arguments, parsePOSTFormSubmission=False, **named)

    def process(self) -> Any:
        self.requestHeaders.removeHeader(TAKEN_AWAY)
        if fault := self._fault():
            self.request_start = time.time()
            self.channel.persistent = False
            self.setHeader(b"connection", b"close")
            self.basic_error(400, b"Bad Request", fault)
            return None
        return super().process()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Answer before, or without, the application."""
        problem = json.dumps(document(status, body, "")).encode()
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(problem)).encode()), *guards()]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": problem})

    def _fault(self) -> str:
        """Why nothing should be made of this request; empty where something may be."""
        named = self.requestHeaders.getRawHeaders
        if self.clientproto == b"HTTP/1.1" and len(named(b"host", [])) != 1:
            return "A request names one host."
        if [value.lower() for value in named(b"transfer-encoding", [])] not in ([], [b"chunked"]):
            return "A body is sent as it is, or in chunks."
        if not all(value.isascii() for value in named(ASCII_ONLY, [])):
            return "Sec-WebSocket-Protocol takes ASCII only."
        return ""
