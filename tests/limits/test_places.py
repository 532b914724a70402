"""Only so many requests wait, and only so many sockets are open: of one client, and of all."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2
import pytest
import websocket

from concord.limits.seats import Seats
from concord.rested import Rested
from concord.waiting import WAIT, Waiting
from operations import acts
from operations.models import Operation
from tests.browser.site import until
from tests.limits.conftest import OPERATION, Web
from tests.make import make_key


class Waits(threading.Thread):
    """A client that posts and waits for the end."""

    def __init__(self, caller: httpx2.Client) -> None:
        super().__init__()
        self.caller = caller
        self.answer: httpx2.Response | None = None
        self.start()

    def run(self) -> None:
        self.answer = self.caller.post("/operations", json=OPERATION, headers={"Prefer": "wait=20"})


@contextmanager
def waiting(*callers: httpx2.Client) -> Iterator[list[Waits]]:
    """These clients wait inside the block; then what they wait for is cancelled."""
    before = Operation.objects.count()
    threads = [Waits(caller) for caller in callers]
    until(lambda: Operation.objects.count() == before + len(callers), "the operations were not taken in")
    try:
        yield threads
    finally:
        for operation in Operation.objects.exclude(status="cancelled"):
            acts.cancel(operation, actor="test")
        for thread in threads:
            thread.join(30)


def test_who_finds_no_place_to_wait_is_answered_at_once(web: Web) -> None:
    alice, bob = web.program(), web.program()
    with waiting(alice, alice) as threads:
        third = alice.post("/operations", json=OPERATION, headers={"Prefer": "wait=20"})
        assert third.status_code == 202
        assert third.headers["Location"] == f"/operations/{third.json()['operation_id']}"
        assert "Concord-Wait" not in third.headers
        assert all(thread.is_alive() for thread in threads)

        with waiting(bob):
            carol = web.program(address="198.51.100.7")
            assert carol.post("/operations", json=OPERATION, headers={"Prefer": "wait=300"}).status_code == 202

    assert [thread.answer.json()["status"] for thread in threads if thread.answer] == ["cancelled"] * 2


def test_a_place_is_free_again_when_its_client_is_gone(web: Web) -> None:
    alice = web.program()
    with waiting(alice, alice):
        pass
    with waiting(alice) as [thread]:
        assert thread.is_alive()


def connected(web: Web, key: str) -> websocket.WebSocket:
    url = web.url.replace("http", "ws") + "/ws"
    return websocket.create_connection(url, header={"Authorization": f"Bearer {key}"}, timeout=10)


@pytest.fixture
def told(web: Web) -> Iterator[websocket.WebSocket]:
    """A socket that was let in."""
    opened = connected(web, make_key("start")[1])
    yield opened
    opened.shutdown()  # not close, which waits for the other side, and leaves the socket open where that is gone


def status(web: Web, key: str) -> int:
    """With which status a handshake is refused."""
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connected(web, key)
    return int(refused.value.status_code)


def test_one_client_has_only_so_many_sockets_and_all_have_only_so_many(web: Web) -> None:
    alice, bob, carol = (make_key("start")[1] for _ in range(3))
    for key in (alice, bob, carol):  # a key is known from its first request on
        web.program(key=key).get("/operations")
    with ExitStack() as stack:
        for key in (alice, alice):
            stack.callback(connected(web, key).close)
        assert status(web, alice) == 429

        stack.callback(connected(web, bob).close)
        assert status(web, carol) == 503

    until(lambda: is_let_in(web, carol), "the places were not given back")


def is_let_in(web: Web, key: str) -> bool:
    try:
        connected(web, key).close()
    except websocket.WebSocketBadStatusException:
        return False
    return True


def test_handshakes_are_counted(web: Web) -> None:
    """Forty an hour: one may be refused before, where the place of the one before it is not free again yet."""
    key = make_key("start")[1]
    web.program(key=key).get("/operations")

    let_in = [is_let_in(web, key) for _ in range(60)]

    assert 20 < sum(let_in) <= 40
    assert not any(let_in[40:])
    assert status(web, key) == 429


def closed_with(open_socket: websocket.WebSocket) -> int:
    """The code with which the server closes."""
    while True:
        opcode, data = open_socket.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")


def test_a_small_message_is_passed_over(told: websocket.WebSocket) -> None:
    told.send("hello")

    assert '"sequence"' in told.recv()
    told.ping()
    assert told.recv_data(control_frame=True)[0] == websocket.ABNF.OPCODE_PONG


def test_a_large_message_closes_the_socket(told: websocket.WebSocket) -> None:
    told.send("x" * 5_000)

    assert closed_with(told) == 1009


def test_a_large_message_in_small_frames_closes_it_too(told: websocket.WebSocket) -> None:
    told.send_frame(websocket.ABNF.create_frame("x" * 3_000, websocket.ABNF.OPCODE_TEXT, fin=0))
    told.send_frame(websocket.ABNF.create_frame("x" * 3_000, websocket.ABNF.OPCODE_CONT, fin=1))

    assert closed_with(told) == 1009


def test_many_messages_close_it(told: websocket.WebSocket) -> None:
    for _ in range(61):
        told.send("x")

    assert closed_with(told) == 4429


@pytest.mark.asyncio
async def test_a_request_that_breaks_off_while_it_is_answered_gives_its_place_back() -> None:
    seats = Seats(1, 1)

    async def breaks_off(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": [(WAIT, b"op-1 20")]})
        raise ConnectionError

    async def nothing(*message: Any) -> Any:
        return {}

    scope = {"type": "http", "method": "POST", "headers": [], "client": ("203.0.113.1", 1)}
    with pytest.raises(ConnectionError):
        await Waiting(breaks_off, Rested(), seats)(scope, nothing, nothing)

    assert seats.take("the next") is None
