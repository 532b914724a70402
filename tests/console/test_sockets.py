"""The sockets through their front door, over a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from django.test import Client

from concord.sockets import websockets
from escalations.talk import talk
from operations import acts, live
from operations.sequences import UNKNOWN, sequences
from tests.make import make_escalation, make_key, make_operation, make_person, make_reviewer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

Headers = list[tuple[bytes, bytes]]
OURS = (b"origin", b"http://localhost:8000")


def with_key(key: str) -> Headers:
    return [(b"authorization", f"Bearer {key}".encode())]


def with_session(person: Any, origin: tuple[bytes, bytes] = OURS) -> Headers:
    browser = Client()
    browser.force_login(person)
    return [(b"cookie", f"sessionid={browser.cookies['sessionid'].value}".encode()), origin]


def socket(path: str, headers: Headers) -> WebsocketCommunicator:
    return WebsocketCommunicator(websockets, path, headers=headers)


@asynccontextmanager
async def open_socket(path: str, headers: Headers) -> AsyncIterator[WebsocketCommunicator]:
    channel_layers.backends.clear()  # its connections belong to another test's event loop
    told = socket(path, headers)
    assert (await told.connect(timeout=5))[0]
    try:
        yield told
    finally:
        await told.disconnect()


async def refuses(path: str, headers: Headers) -> bool:
    return not (await socket(path, headers).connect(timeout=5))[0]


async def news(told: WebsocketCommunicator) -> dict[str, Any]:
    return await told.receive_json_from(timeout=5)


async def newest(told: WebsocketCommunicator, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first message that is as wanted."""
    async with asyncio.timeout(10):
        while not wanted(message := await news(told)):
            pass
    return message


make = sync_to_async


async def test_a_key_is_told_how_much_of_its_own_is_under_way_and_waits() -> None:
    client, key = await make(make_key)()
    other, _ = await make(make_key)()
    await make(make_operation)(client)
    await make(make_escalation)(await make(make_operation)(other))

    async with open_socket("/ws", with_key(key)) as told:
        message = await news(told)
        assert (message["active_operations"], message["escalations"]) == (1, 0)

        await make(make_operation)(client)
        await newest(told, lambda message: message["active_operations"] == 2)


async def test_a_reviewer_is_told_of_all() -> None:
    await make(make_operation)((await make(make_key)())[0])
    headers = await make(with_session)(await make(make_reviewer)())

    async with open_socket("/ws", headers) as told:
        assert (await news(told))["active_operations"] == 1
        await make(make_escalation)()
        assert await newest(told, lambda message: message["escalations"] == 1)


async def test_each_person_is_told_of_his_own_notices_and_a_key_of_none() -> None:
    people = [await make(with_session)(await make(make_reviewer)(name)) for name in ("bob", "ann")]
    _, key = await make(make_key)("read_all", "decide", name="bob")
    escalation = await make(make_escalation)()

    async with (
        open_socket("/ws", people[0]) as bob,
        open_socket("/ws", people[1]) as ann,
        open_socket("/ws", with_key(key)) as program,
    ):
        for told in (bob, ann, program):
            await news(told)
        await make(talk.comment)(escalation, "rita", "@bob, look")
        assert await newest(bob, lambda message: message["notices"] == 1)
        assert (await news(ann))["notices"] == 0
        assert "notices" not in await news(program)


async def test_the_other_header_for_keys_works_too() -> None:
    _, key = await make(make_key)()

    async with open_socket("/ws", [(b"x-api-key", key.encode())]) as told:
        assert (await news(told))["active_operations"] == 0


async def test_a_claim_is_told_to_who_watches_the_queue() -> None:
    escalation = await make(make_escalation)()
    await make(live.announcer.flush)()
    headers = await make(with_session)(await make(make_reviewer)())

    async with open_socket("/ws/escalations", headers) as told:
        before = (await news(told))["sequence"]
        await make(escalation.claim)("rita")
        assert (await news(told))["sequence"] > before


async def test_an_operations_socket_tells_of_that_operation_alone() -> None:
    client, key = await make(make_key)()
    mine, another = await make(make_operation)(client), await make(make_operation)(client)
    await make(live.announcer.flush)()

    async with open_socket(f"/ws/operations/{mine.pk}", with_key(key)) as told:
        first = (await news(told))["sequence"]
        await make(acts.cancel)(another, actor="test")
        await make(live.announcer.flush)()
        assert await told.receive_nothing(timeout=0.5)

        await make(acts.cancel)(mine, actor="test")
        assert (await news(told))["sequence"] == first + 1


async def test_many_changes_are_few_messages_and_the_last_one_is_right() -> None:
    _, key = await make(make_key)("read_all")

    async with open_socket("/ws", with_key(key)) as told:
        await news(told)
        for _ in range(40):
            await make(make_operation)()
        await make(live.announcer.flush)()
        [last] = await make(sequences)(live.OPERATIONS)

        messages = [await news(told)]
        while messages[-1]["sequence"] != last:
            messages.append(await news(told))

    assert messages[-1]["active_operations"] == 40
    assert len(messages) < 20


async def test_strangers_are_refused() -> None:
    operation = await make(make_operation)()

    for path in ("/ws", "/ws/escalations", f"/ws/operations/{operation.pk}", "/ws/elsewhere"):
        assert await refuses(path, [OURS])
        assert await refuses(path, [])
        assert await refuses(path, with_key("ck_guessed"))


async def test_a_revoked_key_is_refused() -> None:
    client, key = await make(make_key)()
    client.revoked_at = client.created_at
    await make(client.save)()

    assert await refuses("/ws", with_key(key))


async def test_anothers_operation_and_the_queue_are_closed_to_a_plain_key() -> None:
    operation = await make(make_operation)((await make(make_key)())[0])
    _, key = await make(make_key)()

    assert await refuses(f"/ws/operations/{operation.pk}", with_key(key))
    assert await refuses("/ws/escalations", with_key(key))


async def test_a_person_without_a_part_in_it_is_refused() -> None:
    headers = await make(with_session)(await make(make_person)())

    assert await refuses("/ws", headers)
    assert await refuses("/ws/escalations", headers)


async def test_a_foreign_page_cannot_use_a_reviewers_session() -> None:
    reviewer = await make(make_reviewer)()

    assert await refuses("/ws", await make(with_session)(reviewer, (b"origin", b"https://elsewhere.example")))


async def test_where_no_key_is_asked_for_programs_come_in_and_pages_do_not(settings: Any) -> None:
    settings.API_KEY_REQUIRED = False
    await make(make_operation)()

    async with open_socket("/ws", []) as told:
        assert (await news(told))["active_operations"] == 1
    assert await refuses("/ws", [OURS])
    assert await refuses("/ws/escalations", [])


async def test_what_a_client_says_is_ignored() -> None:
    _, key = await make(make_key)()

    async with open_socket("/ws", with_key(key)) as told:
        await news(told)
        await told.send_to(text_data="{not json")
        await make(make_operation)()
        assert "sequence" in await news(told)


async def test_without_redis_a_page_has_no_number(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.RQ_QUEUES[settings.QUEUE], "URL", "redis://127.0.0.1:1/0")

    assert await make(sequences)("a", "b") == [UNKNOWN, UNKNOWN]
