"""Who dribbles is sent away, and does not keep others waiting."""

import socket
import time
from contextlib import ExitStack

from tests.limits.conftest import Web, read_all

OFTEN = 0.05  # seconds between two pieces, so that an idle time never comes


def dribbled(raw: socket.socket, beginning: bytes, piece: bytes) -> bytes:
    """What the server says to who sends a piece again and again; fails where it is patient for long."""
    raw.sendall(beginning)
    raw.settimeout(OFTEN)
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            if said := raw.recv(65_536):
                return said
        except TimeoutError:
            raw.sendall(piece)
    raise AssertionError("the server still waits")


def test_headers_that_never_end(web: Web) -> None:
    with web.connection() as raw:
        assert dribbled(raw, b"GET /health HTTP/1.1\r\n", b"X-A: b\r\n").startswith(
            (b"HTTP/1.1 408 ", b"HTTP/1.1 431 ")
        )


def test_a_first_line_that_never_ends(web: Web) -> None:
    with web.connection() as raw:
        assert dribbled(raw, b"GET /", b"x").startswith(b"HTTP/1.1 408 ")


def test_a_body_that_never_ends(web: Web) -> None:
    beginning = b"POST /operations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
    with web.connection() as raw:
        assert dribbled(raw, beginning, b" ").startswith(b"HTTP/1.1 408 ")


def test_a_body_in_chunks_that_never_ends(web: Web) -> None:
    beginning = b"POST /operations HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with web.connection() as raw:
        assert dribbled(raw, beginning, b"1\r\nx\r\n").startswith(b"HTTP/1.1 408 ")


def test_a_refused_one_that_sends_on_and_on_is_cut_off(web: Web) -> None:
    with web.connection() as raw:
        raw.sendall(b"POST /operations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n")
        assert raw.recv(65_536).startswith(b"HTTP/1.1 413 ")
        sent = 0
        try:
            while sent < 2**28:
                sent += raw.send(b" " * 2**20)
        except OSError:
            pass

    assert sent < 2**28


def test_two_hundred_slow_ones_do_not_keep_others_waiting(web: Web) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(web.connection()).sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-")

        assert web.stranger().get("/health").status_code == 200


def test_a_connection_that_is_kept_may_be_idle_between_two_requests(web: Web) -> None:
    whole = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with web.connection() as raw:
        raw.sendall(whole)
        assert raw.recv(65_536).startswith(b"HTTP/1.1 200 ")
        time.sleep(2)  # more than a request may take to come
        raw.sendall(whole.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

        assert read_all(raw).startswith(b"HTTP/1.1 200 ")
