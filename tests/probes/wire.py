"""Bytes to the server and back, as no well-bred client sends them."""

import socket
from contextlib import suppress

HOST = b"Host: 127.0.0.1\r\n"
CLOSE = b"Connection: close\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


def exchange(port: int, sent: bytes, seconds: float = 20) -> bytes:
    """All that is answered until the server closes, or says nothing for so long."""
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=seconds) as line,
        suppress(TimeoutError, ConnectionError),
    ):
        line.sendall(sent)
        while said := line.recv(65_536):
            answer += said
    return answer


def statuses(answer: bytes) -> list[int]:
    """The statuses of the answers that are in these bytes."""
    heads = answer.split(b"HTTP/1.")[1:]
    return [int(head.split(b" ", 2)[1]) for head in heads]
