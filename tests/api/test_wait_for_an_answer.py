"""What a waiting client gets at the end: what asking again would give, and nothing if his key was revoked."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import redis
from asgiref.testing import ApplicationCommunicator
from django.db import connections

from operations import acts
from operations.live import snapshot_key
from operations.models import ApiKey, Operation
from tests.api.test_wait import BODY, Server, answer, server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
__all__ = ["server"]


async def in_thread(function: Callable[[], Any]) -> Any:
    """Call what reads and writes rows, on a connection that is closed again."""

    def call() -> Any:
        try:
            return function()
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


async def begin(server: Server) -> tuple[ApplicationCommunicator, str]:
    """A waiting POST on a process that listens to Redis already, and the operation's id."""
    server.first = await server.begin("POST", "/operations", BODY)
    await server.listening()
    before = set(await server.made())
    request = await server.begin("POST", "/operations", BODY)
    await server.waiting(2)
    (operation_id,) = set(await server.made()) - before
    return request, operation_id


async def test_the_answer_is_what_a_get_would_say(server: Server) -> None:
    request, operation_id = await begin(server)

    await server.call("POST", f"/operations/{operation_id}/cancel")
    waited = await answer(request)

    asked = await server.call("GET", f"/operations/{operation_id}")
    assert (waited.status, waited.json["status"]) == (200, "cancelled")
    assert waited.json == asked.json
    assert waited.headers["Content-Type"] == asked.headers["Content-Type"]
    assert waited.headers["Content-Length"] == asked.headers["Content-Length"]
    await server.rested.close()


async def test_no_view_is_asked_again_where_the_snapshot_is_there(
    server: Server, private_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, operation_id = await begin(server)
    await server.call("POST", f"/operations/{operation_id}/cancel")

    monkeypatch.setattr(server.application, "application", None)

    assert (await answer(request)).json["operation_id"] == operation_id
    assert private_redis.exists(snapshot_key(operation_id))
    await server.rested.close()


async def test_a_key_that_is_revoked_meanwhile_gets_no_answer(server: Server) -> None:
    request, operation_id = await begin(server)

    assert await in_thread(ApiKey.objects.revoke) == 1
    while server.rested._revoked_at == 0:
        assert await request.receive_nothing(timeout=0.01)
    await in_thread(lambda: acts.cancel(Operation.objects.get(pk=operation_id), actor="an operator"))

    assert (await answer(request)).status == 401
    await server.rested.close()
