"""Requests that say two things, or nothing that can be read: none is taken for two, and none stays unanswered."""

import pytest

from operations.models import Operation
from tests.make import make_operation
from tests.probes.conftest import Target
from tests.probes.wire import CLOSE, HOST, UPGRADE, exchange, statuses
from workers.models import RegisteredWorker

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

POST = b"POST /operations HTTP/1.1\r\n" + HOST
GET = b"GET /health HTTP/1.1\r\n" + HOST
HIDDEN = b"GET /health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

# A server behind a proxy that reads these otherwise would take what is hidden in the body for another's request.
SMUGGLED = {
    "a length and chunks": POST + b"Content-Length: 6\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "chunks and a length": POST + CHUNKED + b"Content-Length: 4\r\n\r\n5c\r\n" + HIDDEN + b"\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}" + HIDDEN,
    "one length twice": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + HIDDEN,
    "a list of lengths": POST + b"Content-Length: 2, 2\r\n\r\n{}" + HIDDEN,
    "a length with a sign": POST + b"Content-Length: +2\r\n\r\n{}" + HIDDEN,
    "a length below zero": POST + b"Content-Length: -1\r\n\r\n{}" + HIDDEN,
    "a length in hex": POST + b"Content-Length: 0x2\r\n\r\n{}" + HIDDEN,
    "a length before a space": POST + b"Content-Length : 2\r\n\r\n{}" + HIDDEN,
    "an encoding that nobody has": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "an encoding before a space": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two encodings": POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "an encoding of two": POST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a chunk below zero": POST + CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk ended by a line feed": POST + CHUNKED + b"\r\n2;x=\n\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a lone carriage return": GET + b"X: a\rContent-Length: 60\r\n\r\n" + HIDDEN,
    "two hosts": GET + b"Host: evil.example\r\n\r\n" + HIDDEN,
    "no host": b"GET /health HTTP/1.1\r\n\r\n" + HIDDEN,
}
UNREADABLE = {
    "a byte in the method": b"G\xffT / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a quote in the method": b"GE'T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a byte in the path": b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "a byte in the query": b"GET /?\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL in a header": GET + b"X: a\0b\r\n\r\n",
    "a space in a name": GET + b"X A: b\r\n\r\n",
    "no name": GET + b": b\r\n\r\n",
    "no version": b"GET /health\r\n\r\n",
    "a version to come": b"GET /health HTTP/9.9\r\n" + HOST + b"\r\n",
    "too many headers": GET + b"".join(b"X-%d: a\r\n" % n for n in range(2_000)) + b"\r\n",
    "a huge header": GET + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    "no text at all": bytes(range(256)) * 8 + b"\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500 + b"\r\n\r\n",
}
UNUSUAL = {
    "CONNECT": (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    "an address elsewhere": (b"GET http://evil.example/health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    "a NUL in the path": (b"GET /console/operations/a%00b HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 400),
    "a NUL in the query": (b"GET /console/operations/new?like=%00 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 400),
    "two slashes": (b"GET //evil.example/.. HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    "TRACE": (b"TRACE /health HTTP/1.1\r\n" + HOST + CLOSE + b"Cookie: sessionid=s3cret\r\n\r\n", 405),
    "a folded line": (GET + CLOSE + b"X: a\r\n b\r\n\r\n", 200),
    "five hundred ranges": (
        b"GET /static/concord.css HTTP/1.1\r\n" + HOST + CLOSE + b"Range: bytes=" + b"0-," * 500 + b"0-\r\n\r\n",
        200,
    ),
    "a date that is none": (
        b"GET /static/concord.css HTTP/1.1\r\n" + HOST + CLOSE + b"If-Modified-Since: Mon, 30 Feb 99999 9\r\n\r\n",
        200,
    ),
    "an odd Expect": (POST + CLOSE + b"Expect: nonsense\r\nContent-Length: 2\r\n\r\n{}", 401),
    "a length in a trailer": (POST + CLOSE + CHUNKED + b"\r\n2\r\n{}\r\n0\r\nContent-Length: 99\r\n\r\n", 401),
    "an underscore": (b"GET /operations HTTP/1.1\r\n" + HOST + CLOSE + b"X_API_Key: x\r\n\r\n", 401),
    "a form without a boundary": (
        POST + CLOSE + b"Content-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\n{}",
        401,
    ),
    "a form for a page without a boundary": (
        b"POST /console/login HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Type: multipart/form-data\r\n"
        b"Content-Length: 2\r\n\r\n{}",
        403,
    ),
}
HANDSHAKES = {
    "another protocol's bytes": b"Sec-WebSocket-Protocol: \xe9\r\n",
    "a place to mount": b"Daphne-Root-Path: \xff\r\n",
    "an extension that is none": b'Sec-WebSocket-Extensions: permessage-deflate; "\xff\r\n',
    "a window without end": b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=999\r\n",
    "an origin that is none": b"Origin: http://[::1\r\n",
    "a port that is none": b"Origin: http://x:99999999\r\n",
    "two keys": b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "another version": b"Sec-WebSocket-Version: 999\r\n",
}


@pytest.mark.parametrize("kind", SMUGGLED)
def test_one_request_is_never_taken_for_two(target: Target, kind: str) -> None:
    assert statuses(exchange(target.port, SMUGGLED[kind])) == [400]


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_refused_and_the_line_closed(target: Target, kind: str) -> None:
    [status] = statuses(exchange(target.port, UNREADABLE[kind]))

    assert 400 <= status < 500 or status == 505


@pytest.mark.parametrize("kind", UNUSUAL)
def test_what_is_unusual_is_answered_like_anything_else(target: Target, kind: str) -> None:
    sent, expected = UNUSUAL[kind]

    answer = exchange(target.port, sent)

    assert statuses(answer) == [expected]
    assert b"s3cret" not in answer


@pytest.mark.parametrize("kind", HANDSHAKES)
def test_an_odd_handshake_is_refused(target: Target, kind: str) -> None:
    answer = exchange(target.port, b"GET /ws HTTP/1.1\r\n" + HOST + UPGRADE + HANDSHAKES[kind] + b"\r\n")

    assert statuses(answer)[0] in (400, 403)


def test_a_socket_about_nothing_that_can_be_named_is_refused(target: Target) -> None:
    key = target.program().headers["Authorization"].encode()
    for name in (b"a%00b", b"%ff", b"..%2f..", b"x" * 4_000, b"%27%20OR%201=1"):
        head = (
            b"GET /ws/operations/" + name + b" HTTP/1.1\r\n" + HOST + UPGRADE + b"Authorization: " + key + b"\r\n\r\n"
        )
        assert statuses(exchange(target.port, head)) == [403]


def test_requests_in_a_row_are_answered_in_a_row(target: Target) -> None:
    assert statuses(exchange(target.port, (GET + b"\r\n") * 20 + HIDDEN)) == [200] * 21


def test_an_old_client_is_answered_and_the_line_closed(target: Target) -> None:
    assert statuses(exchange(target.port, b"GET /health HTTP/1.0\r\n\r\n")) == [200]


def test_lines_that_end_in_a_line_feed_alone_are_waited_on_no_longer_than_any(target: Target) -> None:
    assert statuses(exchange(target.port, b"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n", 40)) == [408]


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"])
def test_no_header_makes_another_method_of_a_post(target: Target, header: str) -> None:
    RegisteredWorker.objects.create(name="plant", url="http://127.0.0.1:9")
    program = target.program()

    answers = [
        program.post(path, headers={header: "DELETE"}) for path in ("/workers/plant", "/workers/plant?_method=DELETE")
    ]

    assert [answer.status_code for answer in answers] == [405, 405]
    assert RegisteredWorker.objects.filter(name="plant").exists()


def test_nobody_says_where_concord_is_mounted_or_what_it_is_called(target: Target) -> None:
    for _ in range(2):
        make_operation()
    told = {"Daphne-Root-Path": "//evil.example", "X-Forwarded-Host": "evil.example", "X-Original-URL": "/admin/"}
    told |= {"Forwarded": "host=evil.example;proto=https", "X-Script-Name": "/evil", "X-Rewrite-URL": "/admin/"}

    page = target.program().get("/operations?limit=1", headers=told)
    sent_on = target.stranger().get("/console/", headers=told)

    assert page.json()["next"].startswith(f"{target.url}/operations?")
    assert sent_on.headers["location"] == "/console/login?next=/console/"
    assert "evil" not in page.text + sent_on.text
    assert Operation.objects.count() == 2
