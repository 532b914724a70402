"""Who may do what: every URL, method and socket gives each caller exactly what the README's tables say."""

from collections.abc import Iterable, Iterator

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator

from concord import sockets
from tests.access.matrix import table
from tests.access.matrix.asking import ask, methods
from tests.access.matrix.callers import Cast, columns
from tests.access.matrix.calls import Call, calls
from tests.access.matrix.rows import make_rows

API, CONSOLE, ADMIN = "call", "page", "admin"
both_databases = pytest.mark.django_db(databases=["default", "warehouse"])


def door(call: Call) -> str:
    """The table in which a call stands."""
    return ADMIN if call.path.startswith("/admin") else CONSOLE if call.path.startswith("/console") else API


def of_door(name: str) -> list[Call]:
    return [call for call in calls() if door(call) == name]


@pytest.fixture
def cast(db: None) -> Cast:
    make_rows()
    return Cast()


@both_databases
@pytest.mark.parametrize("name", [API, CONSOLE, ADMIN])
def test_each_call_answers_each_caller_as_its_table_says(cast: Cast, name: str) -> None:
    told, known = table.rows(name), of_door(name)
    by_path = {call.path: call for call in known}
    there = {(method, call.path) for call in known for method in methods(cast.root(), call)}

    assert there - set(told) == set(), "without an entry in the README"
    assert set(told) - there == set(), "in the README, and nowhere else"
    assert list(_otherwise(cast, told, by_path)) == []


def _otherwise(cast: Cast, told: dict[tuple[str, str], table.Row], calls: dict[str, Call]) -> Iterator[str]:
    """Each answer that is not as it is told."""
    for (method, path), row in told.items():
        for column in columns(row.cells):
            answer = ask(cast.caller(column, row.scopes), method, calls[path])
            if answer != row.cells[column]:
                yield f"{method} {path}: {column}: {answer}, told {row.cells[column]}"


@both_databases
def test_head_lets_in_nobody_whom_get_does_not(cast: Cast) -> None:
    told = table.rows(API) | table.rows(CONSOLE)
    gets = [call for call in calls() if ("GET", call.path) in told]
    for name in ("stranger", "account", "reviewer"):
        caller = cast.caller(name)
        for call in gets:
            assert ask(caller, "HEAD", call) in ("405", ask(caller, "GET", call)), (name, call.path)


def socket_paths() -> set[str]:
    """As the router knows them, but for its last, which refuses all others."""
    return {"/" + _plain(str(route.pattern)) for route in sockets.routes if str(route.pattern)}


def _plain(pattern: str) -> str:
    return pattern.replace("<str:operation_id>", "{id}")


def test_each_socket_has_an_entry() -> None:
    assert {path for _, path in table.rows("socket")} == socket_paths()


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_each_socket_takes_each_caller_as_its_table_says() -> None:
    channel_layers.backends.clear()  # its connections belong to another test's event loop
    cast = await sync_to_async(Cast)()
    otherwise = []
    for (_, path), row in table.rows("socket").items():
        for column in columns(row.cells):
            caller = await sync_to_async(cast.caller)(column, row.scopes)
            address = path.replace("{id}", caller.world.operation.pk)
            answer = await _handshake(address, caller.headers)
            if answer != row.cells[column]:
                otherwise.append(f"{path}: {column}: {answer}, told {row.cells[column]}")
    assert otherwise == []


async def _handshake(address: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
    socket = WebsocketCommunicator(sockets.websockets, address, headers=list(headers))
    accepted, _ = await socket.connect(timeout=5)
    await socket.disconnect()
    return "ok" if accepted else "403"
