"""What is too large, too deep or packed in a way that is not taken: refused by name, as early as it can be told."""

import gzip
import json
from typing import Any

import pytest

from tests.api.conftest import Caller, caller
from tests.limits.conftest import OPERATION, Web, read_all
from tests.make import make_key, make_operation

HEAD = "POST /operations HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n"


def head(*lines: str) -> bytes:
    """The head of a POST with a good key, and these lines."""
    return (HEAD.format(key=make_key("start")[1]) + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode()


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(web: Web) -> None:
    with web.connection() as raw:
        raw.sendall(head("Content-Length: 5000000"))
        said = raw.recv(4096)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in said
    assert b"MAX_BODY_BYTES" in said


def test_who_asks_first_is_not_told_to_go_on(web: Web) -> None:
    with web.connection() as raw:
        raw.sendall(head("Content-Length: 5000000", "Expect: 100-continue"))
        said = read_all(raw)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in said


def test_a_body_in_chunks_is_cut_off_where_it_gets_too_large(web: Web) -> None:
    with web.connection() as raw:
        raw.sendall(head("Transfer-Encoding: chunked"))
        for _ in range(20):
            raw.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        said = raw.recv(4096)

    assert said.startswith(b"HTTP/1.1 413 ")


def test_an_ordinary_client_sees_why_its_large_body_is_refused(web: Web) -> None:
    answer = web.program().post("/operations", content=b"[" + b" " * 3_000_000 + b"]")

    assert answer.status_code == 413
    assert "by reference" in answer.json()["detail"]


def test_packed_bodies_are_not_taken(web: Web) -> None:
    packed = gzip.compress(json.dumps(OPERATION).encode())

    answer = web.program().post("/operations", content=packed, headers={"Content-Encoding": "gzip"})

    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status"), [("q=" + "x" * 9_000, 414), ("&".join(["q=1"] * 300), 400)], ids=["long", "many"]
)
def test_long_addresses_and_many_parameters_are_refused(web: Web, query: str, status: int) -> None:
    answer = web.program().get(f"/operations?{query}")

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([f"X-{number}: 1" for number in range(150)], 431),
        (["X-Long: " + "x" * 16_300], 431),
        (["X-Long: " + "x" * 40_000], 431),
        (["Content-Length: 1", "Content-Length: 2"], 400),
        (["Content-Length: 1", "Transfer-Encoding: chunked"], 400),
        (["no colon"], 400),
    ],
    ids=["many", "together", "one", "two lengths", "two ways", "none"],
)
def test_heads_that_are_too_large_or_say_two_things_are_refused(web: Web, lines: list[str], status: int) -> None:
    with web.connection() as raw:
        raw.sendall(head(*lines))
        said = read_all(raw)

    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert said.count(b"HTTP/1.1") == 1


def test_a_first_line_without_end_is_an_address_that_is_too_long(web: Web) -> None:
    with web.connection() as raw:
        raw.sendall(b"GET /" + b"x" * 40_000)

        assert read_all(raw).startswith(b"HTTP/1.1 414 ")


@pytest.fixture
def alice(db: None) -> Caller:
    return caller("start", name="alice")


def refusal(alice: Caller, body: Any) -> str:
    """What is said of a body, as JSON or as the bytes themselves."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = alice.post("/operations", content, content_type="application/json")
    assert answer.status_code == 400, answer.content
    return str(answer.json()["detail"])


def operation(**parameters: Any) -> dict[str, Any]:
    return {"operation_type": "custom", "parameters": parameters}


def test_bodies_with_too_many_values_or_too_long_texts_are_refused(alice: Caller) -> None:
    assert "more than 50,000 values" in refusal(alice, operation(goal="x", rows=[0] * 50_001))
    assert "250,000 characters" in refusal(alice, operation(goal="x" * 250_001))
    assert "1,000 characters" in refusal(alice, operation(**{"n" * 1_001: 1}))
    assert "deeper than 20" in refusal(alice, b"[" * 100_000 + b"]" * 100_000)


def test_a_name_that_comes_twice_is_found_quickly_among_many(alice: Caller) -> None:
    names = ",".join(f'"n{number}":1' for number in range(70_000))

    assert "'n69999' comes twice" in refusal(alice, f'{{{names},"n69999":2}}'.encode())


@pytest.mark.parametrize(
    "body",
    [
        b'{"operation_type": "\xff"}',
        b'{"operation_type": "custom", "parameters": {"goal": "a\\u0000b"}}',
        b'{"operation_type": "custom", "parameters": {"goal": "\\ud800"}}',
        b'{"operation_type": "custom", "priority": 1e999}',
        b'{"operation_type": "custom", "priority": NaN}',
        b'{"operation_type": "custom", "priority": ' + b"9" * 5_000 + b"}",
        b'{"operation_type": "custom", "priority": 99999999999999999999}',
    ],
)
def test_what_cannot_be_kept_is_refused(alice: Caller, body: bytes) -> None:
    assert refusal(alice, body)


LISTS = ["/operations", "/escalations", "/workers", "/usage", "/performance/durations", "/performance/stuck"]
LISTS += ["/operations/{id}/events", "/operations/{id}/model-calls"]


@pytest.mark.parametrize("path", LISTS)
def test_parameters_that_a_list_does_not_know_are_named(db: None, path: str) -> None:
    reader = caller("read_all", "start", "decide", name="reader")

    answer = reader.get(path.format(id=make_operation().pk), {"colour": "blue"})

    assert answer.status_code == 400, answer.content
    assert [error["field"] for error in answer.json()["errors"]] == ["colour"]


def test_a_field_that_is_not_known_is_named(alice: Caller) -> None:
    assert "colour" in refusal(alice, OPERATION | {"colour": "blue"})
