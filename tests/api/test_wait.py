"""POST /operations waits for the end without holding anything. Through the ASGI application, with a real Redis."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from pytest_django import Settings

from concord import rested
from concord.handler import Handler, Lanes
from concord.limits.seats import Seats
from concord.rested import Rested
from concord.waiting import Waiting
from operations.live import RESTED, announcer
from tests.make import make_escalation, make_key, make_operation

pytestmark = pytest.mark.django_db(transaction=True)

BODY = {"operation_type": "data_pipeline", "parameters": {"counties": ["Broward"]}}


class Server:
    """The application as Daphne runs it, and a client with a key."""

    tests_own = 0  # the test's own connection to PostgreSQL
    first: ApplicationCommunicator  # kept: a request that nobody holds is at an end

    def __init__(self, key: str):
        self.rested = Rested()
        self.lanes = Lanes(Handler(), 2)
        self.application = Waiting(self.lanes, self.rested, Seats(100, 100))
        self.key = key

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> ApplicationCommunicator:
        named = {"host": "localhost", "authorization": f"Bearer {self.key}", "content-type": "application/json"}
        named |= {name.lower().replace("_", "-"): value for name, value in headers.items()}
        return ApplicationCommunicator(
            self.application,
            {
                "type": "http",
                "http_version": "1.1",
                "method": method,
                "path": path,
                "query_string": b"",
                "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            },
        )

    async def begin(self, method: str, path: str, body: Any = None, **headers: str) -> ApplicationCommunicator:
        request = self.request(method, path, body, **headers)
        content = b"" if body is None else json.dumps(body).encode()
        await request.send_input({"type": "http.request", "body": content})
        return request

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> "Answer":
        return await answer(await self.begin(method, path, body, **headers))

    async def waiting(self, number: int = 1) -> None:
        """Return when so many requests wait."""
        async with asyncio.timeout(10):
            while self.rested.count != number:
                await asyncio.sleep(0.01)

    async def made(self) -> list[str]:
        """The ids of all operations."""
        page = await self.call("GET", "/operations")
        return [row["operation_id"] for row in page.json["results"]]

    async def listening(self) -> None:
        async with asyncio.timeout(10):
            while self.rested._listening_since is None:
                await asyncio.sleep(0.01)


class Answer:
    def __init__(self, start: Any, body: bytes):
        self.status = start["status"]
        self.headers = {name.decode().title(): value.decode() for name, value in start["headers"]}
        self.json = json.loads(body)


async def answer(request: ApplicationCommunicator) -> Answer:
    start = await request.receive_output(timeout=15)
    body = await request.receive_output(timeout=15)
    await request.wait(timeout=15)
    return Answer(start, body["body"])


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    server = Server(make_key(name="alice")[1])
    if connection.vendor == "postgresql":
        server.tests_own = connection.connection.info.backend_pid
    yield server
    server.lanes.close()
    announcer.flush()


@pytest.mark.asyncio
async def test_the_answer_comes_when_the_operation_ends(server: Server) -> None:
    request = await server.begin("POST", "/operations", BODY, X_Request_Id="mine")
    await server.waiting()
    assert await request.receive_nothing(timeout=0.1)
    operation_id = (await server.made())[0]

    began = time.monotonic()
    cancelled = await server.call("POST", f"/operations/{operation_id}/cancel")
    shown = await answer(request)

    assert cancelled.status == 200
    assert (shown.status, shown.json["status"]) == (200, "cancelled")
    assert shown.json["operation_id"] == operation_id
    assert shown.headers["Location"] == f"/operations/{operation_id}"
    assert shown.headers["X-Request-Id"] == "mine"
    assert "Concord-Wait" not in shown.headers
    assert time.monotonic() - began < rested.LOOK_EVERY, "it was the database that told, not Redis"
    await server.rested.close()


@pytest.mark.asyncio
async def test_past_the_wait_it_is_202_with_the_operation_as_it_is(server: Server) -> None:
    began = time.monotonic()
    shown = await server.call("POST", "/operations", BODY, Prefer="wait=1")

    assert 1 <= time.monotonic() - began < 5
    assert (shown.status, shown.json["status"]) == (202, "planning")
    assert shown.headers["Location"] == f"/operations/{shown.json['operation_id']}"
    assert shown.headers["Preference-Applied"] == "wait=1"
    await server.rested.close()


@pytest.mark.asyncio
async def test_without_preference_the_settings_say_how_long(server: Server, settings: Settings) -> None:
    settings.SYNC_WAIT_SECONDS = 0.2

    shown = await server.call("POST", "/operations", BODY)

    assert shown.status == 202
    assert "Preference-Applied" not in shown.headers
    await server.rested.close()


@pytest.mark.asyncio
async def test_an_error_is_not_waited_for(server: Server) -> None:
    shown = await server.call("POST", "/operations", {"operation_type": "none"})

    assert shown.status == 400
    assert server.rested._listener is None


@pytest.mark.asyncio
async def test_without_redis_the_database_tells(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    request = await server.begin("POST", "/operations", BODY)
    await server.waiting()

    await server.call("POST", f"/operations/{(await server.made())[0]}/cancel")
    shown = await answer(request)

    assert (shown.status, shown.json["status"]) == (200, "cancelled")
    await server.rested.close()


@pytest.mark.asyncio
async def test_a_lost_message_costs_only_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rested, "LOOK_EVERY", 0.2)
    monkeypatch.setattr("operations.live.RESTED", "nobody:listens")
    request = await server.begin("POST", "/operations", BODY)
    await server.waiting()
    await server.listening()

    await server.call("POST", f"/operations/{(await server.made())[0]}/cancel")
    shown = await answer(request)

    assert shown.json["status"] == "cancelled"
    await server.rested.close()


@pytest.mark.asyncio
async def test_the_subscription_comes_back_after_redis_broke_it(server: Server, private_redis: redis.Redis) -> None:
    request = await server.begin("POST", "/operations", BODY)
    await server.waiting()
    await server.listening()
    first = server.rested._listening_since
    await asyncio.to_thread(private_redis.client_kill_filter, _type="pubsub")
    async with asyncio.timeout(10):
        while server.rested._listening_since in (None, first):
            await asyncio.sleep(0.01)

    await asyncio.to_thread(private_redis.publish, RESTED, (await server.made())[0])
    shown = await answer(request)

    assert shown.status == 202, "it was woken, and found the operation at work still"
    await server.rested.close()


@pytest.mark.asyncio
async def test_an_end_between_commit_and_waiting_is_not_missed(server: Server) -> None:
    began = time.monotonic()
    waiting = asyncio.create_task(server.rested.wait("op-other", began))
    await server.listening()
    server.rested._hear("op-1")

    async with asyncio.timeout(1):
        await server.rested.wait("op-1", began)

    later = asyncio.create_task(server.rested.wait("op-1", time.monotonic()))
    await asyncio.sleep(0)
    assert not later.done(), "what was heard before a request began is no news to it"
    for task in (later, waiting):
        task.cancel()
    await asyncio.gather(later, waiting, return_exceptions=True)
    await server.rested.close()


@pytest.mark.asyncio
async def test_a_client_that_leaves_is_forgotten(server: Server) -> None:
    request = await server.begin("POST", "/operations", BODY)
    await server.waiting()

    await request.send_input({"type": "http.disconnect"})
    await request.wait(timeout=5)

    assert server.rested.count == 0
    assert request.output_queue.empty()
    assert len(await server.made()) == 1
    await server.rested.close()


@pytest.mark.asyncio
async def test_fifty_wait_on_two_threads_and_all_are_answered(server: Server) -> None:
    requests = [await server.begin("POST", "/operations", BODY) for _ in range(50)]
    await server.waiting(50)
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("request-")]
    assert len(names) <= 2

    for operation_id in await server.made():
        await server.call("POST", f"/operations/{operation_id}/cancel")
    shown = await asyncio.gather(*(answer(request) for request in requests))

    assert {one.json["status"] for one in shown} == {"cancelled"}
    assert len({one.json["operation_id"] for one in shown}) == 50
    await server.rested.close()


@pytest.mark.asyncio
async def test_a_body_in_chunks_is_read_whole(server: Server) -> None:
    request = server.request("POST", "/operations", Prefer="respond-async")
    content = json.dumps(BODY).encode()
    await request.send_input({"type": "http.request", "body": content[:20], "more_body": True})
    await request.send_input({"type": "http.request", "body": content[20:]})

    assert (await answer(request)).status == 202


@pytest.mark.asyncio
@pytest.mark.usefixtures("dropped_connections")
async def test_connections_that_the_database_dropped_cost_no_request(server: Server) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite drops no connections")
    made = await server.call("POST", "/operations", BODY, Prefer="respond-async")

    await asyncio.to_thread(drop_connections, but=server.tests_own)

    assert (await server.call("GET", made.headers["Location"])).status == 200


def drop_connections(but: int) -> None:
    """As a restart of the server would, but for the test's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            [but],
        )
    connection.close()


@pytest.mark.asyncio
async def test_a_slow_request_does_not_stop_the_others(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr("operations.api.event_json", lambda event: go.wait(10))
    made = await server.call("POST", "/operations", BODY, Prefer="respond-async")
    path = f"/operations/{made.json['operation_id']}"
    slow = await server.begin("GET", f"{path}/events")

    quick = await server.call("GET", path)
    assert slow.output_queue.empty()
    go.set()

    assert quick.status == 200
    assert (await answer(slow)).status == 200


def test_what_rests_or_is_gone_is_told_from_what_moves() -> None:
    moving, resting = make_operation(), make_escalation().operation

    assert rested.resting([moving.pk, resting.pk, "op-gone"]) == {resting.pk, "op-gone"}
