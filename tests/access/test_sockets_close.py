"""Open sockets end with what let them in: a key, a session, an account, a role."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from concord.socket_guard import CLOSED
from operations.models import ApiKey
from operations.roles import AUDITOR, REVIEWER, role
from tests.console.test_sockets import OURS, open_socket, with_key
from tests.make import make_key, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

PATH = "/ws"


async def close_code(socket: Any) -> int:
    """What it is closed with, past what it is told before."""
    async with asyncio.timeout(10):
        while (message := await socket.receive_output(10))["type"] != "websocket.close":
            pass
    return message["code"]


async def closes(headers: Any, act: Callable[[], Any]) -> None:
    async with open_socket(PATH, headers) as socket:
        await socket.receive_json_from(timeout=5)
        await sync_to_async(act)()
        assert await close_code(socket) == CLOSED


async def stays(headers: Any, act: Callable[[], Any]) -> None:
    async with open_socket(PATH, headers) as socket:
        await socket.receive_json_from(timeout=5)
        await sync_to_async(act)()
        assert await socket.receive_nothing(0.5)


def key(**fields: Any) -> tuple[ApiKey, Any]:
    row, secret = make_key()
    ApiKey.objects.filter(pk=row.pk).update(**fields)
    return row, with_key(secret)


def person(*roles: str) -> tuple[User, Client, Any]:
    someone = make_person("", *roles)
    browser = Client()
    browser.force_login(someone)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    return someone, browser, [(b"cookie", cookie.encode()), OURS]


make: Callable[..., Callable[..., Awaitable[Any]]] = sync_to_async


async def test_a_revoked_key() -> None:
    row, headers = await make(key)()
    await closes(headers, lambda: ApiKey.objects.filter(pk=row.pk).revoke())


async def test_a_key_that_expires_while_it_listens() -> None:
    _, headers = await make(key)(expires_at=timezone.now() + timedelta(seconds=2))
    await closes(headers, lambda: None)


async def test_the_old_secret_of_a_rotated_key_once_its_time_is_over() -> None:
    row, headers = await make(key)()
    await closes(headers, lambda: row.rotate(timedelta(0)))


async def test_a_key_that_lost_a_scope() -> None:
    row, headers = await make(key)()

    def change() -> None:
        row.scopes = []
        ApiKey.objects.change(row, ["scopes"])

    await closes(headers, change)


async def test_but_not_that_of_another_key() -> None:
    _, headers = await make(key)()
    other, _ = await make(key)()
    await stays(headers, lambda: ApiKey.objects.filter(pk=other.pk).revoke())


async def test_somebody_who_signs_out() -> None:
    _, browser, headers = await make(person)(REVIEWER)
    await closes(headers, lambda: browser.post("/console/logout"))


async def test_an_account_that_is_deactivated() -> None:
    someone, _, headers = await make(person)(REVIEWER)

    def deactivate() -> None:
        someone.is_active = False
        someone.save()

    await closes(headers, deactivate)


async def test_a_password_that_was_changed() -> None:
    someone, _, headers = await make(person)(REVIEWER)

    def change() -> None:
        someone.set_password("another-long-pass-phrase")
        someone.save()

    await closes(headers, change)


async def test_a_role_that_was_taken_away_or_changed() -> None:
    someone, _, headers = await make(person)(REVIEWER)
    await closes(headers, lambda: someone.groups.set([role(AUDITOR)]))


async def test_what_nobody_announces_is_seen_within_seconds() -> None:
    row, headers = await make(key)()
    await closes(headers, lambda: ApiKey.objects.filter(pk=row.pk).update(revoked_at=timezone.now()))


async def test_without_redis_too(settings: Any) -> None:
    row, headers = await make(key)()
    guard = import_module("concord.socket_guard")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert guard.LOOK_OFTEN < 1
    await closes(headers, lambda: ApiKey.objects.filter(pk=row.pk).update(revoked_at=timezone.now()))
