"""The metrics of real operations: through the API, the queue, a worker, a model and a person."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from pytest_django import Settings

from concord.metrics.doors import CountSockets
from concord.metrics.process import figures
from concord.sockets import websockets
from operations.states import Status
from tests.api.conftest import Caller
from tests.make import make_key
from tests.metrics import collected, told
from tests.operations import plant
from tests.operations.conftest import Settle, step
from tests.operations.scripts import SUMS, Script, add_up, post, script, sums
from tests.serving import served

__all__ = ["script", "sums"]  # fixtures

pytestmark = served


@pytest.fixture
def watcher(plant_url: str) -> Caller:
    return Caller(make_key("metrics", name="prometheus")[1])


def risen(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """By how much each figure has risen."""
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}


def test_an_operation_moves_what_it_should(watcher: Caller, settle: Settle) -> None:
    before = collected(watcher)

    settle(
        post(steps=[step("E1", "numbers"), step("E2", "double", for_each="#E1.numbers", arguments={"value": "#item"})])
    )

    rose = risen(before, collected(watcher))
    for status in ("planning", "executing", "validating", "completed"):
        assert rose[f"concord_operation_moves_total custom {status}"] == 1
    for phase in ("planning", "executing", "validating"):
        assert rose[f"concord_phase_seconds_count {phase}"] == 1
    assert rose["concord_queue_wait_seconds_count"] == 1
    assert rose["concord_operation_seconds_count custom completed"] == 1
    assert rose["concord_confidence_count custom"] == 1
    assert rose["concord_plans_total client"] == 1
    assert rose["concord_steps_total numbers completed plant"] == 1
    assert rose["concord_steps_total double completed plant"] == 3
    assert rose["concord_step_seconds_count double plant"] == 3
    assert rose["concord_http_requests_total POST operation-list 202"] == 1
    assert "concord_baseline_tokens_total" not in rose


def test_what_a_person_decides_and_what_runs_again_moves_too(watcher: Caller, settle: Settle, tmp_path: Any) -> None:
    there = tmp_path / "there"
    operation = settle(post(steps=[step("E1", "refuse", arguments={"unless": str(there)}), step("E2", "numbers")]))
    assert told(watcher)["concord_escalations_open"] == 1
    before = collected(watcher)
    there.touch()
    question = operation.escalations.get()
    answer = {"decision": "retry", "revision": question.revision, "decision_id": "d-1"}

    Caller(make_key("decide")[1]).send(f"/escalations/{question.pk}/decide", answer)
    assert settle(operation).status == Status.COMPLETED

    rose = risen(before, collected(watcher))
    assert rose["concord_decisions_total retry step_failed"] == 1
    assert rose["concord_decision_seconds_count retry"] == 1
    assert rose["concord_phase_seconds_count escalating"] == 1
    assert rose["concord_steps_total refuse completed plant"] == 1
    assert "concord_steps_total numbers completed plant" not in rose  # it was counted when it ran
    assert rose["concord_escalations_open"] == -1


def test_steps_that_are_tried_again_move(watcher: Caller, settle: Settle, tmp_path: Any) -> None:
    before = collected(watcher)

    journal = str(tmp_path / "journal")
    settle(post(steps=[step("E1", "shaky", arguments={"journal": journal, "failures": 1})]))

    assert plant.read(journal) == ["try", "try"]
    assert risen(before, collected(watcher))["concord_step_retries_total"] == 1


@pytest.mark.usefixtures("sums")
def test_a_model_moves_tokens_and_the_cache_spares_them(watcher: Caller, settle: Settle, script: Script) -> None:
    model = script(SUMS)
    settle(add_up(upto=3))
    first = collected(watcher)
    kinds = ("prompt", "cached", "completion")
    assert sum(first.get(f"concord_model_tokens_total {kind} planning", 0) for kind in kinds) == model.tokens
    assert first["concord_model_calls_total done planning"] == 1
    assert first["concord_model_call_seconds_count planning"] == 1

    settle(add_up(upto=4))

    rose = risen(first, collected(watcher))
    assert rose["concord_plans_total cache"] == 1
    assert rose["concord_plan_cache_hits_total"] == 1
    assert rose["concord_baseline_tokens_total"] == 45_000
    assert not any(name.startswith("concord_model_tokens_total") for name in rose)


def test_a_socket_counts_while_it_is_open(watcher: Caller, settings: Settings) -> None:
    key = make_key()[1]

    @async_to_sync
    async def open_and_look() -> tuple[bool, int]:
        channel_layers.backends.clear()  # its connections belong to another test's event loop
        headers = [(b"authorization", f"Bearer {key}".encode())]
        socket = WebsocketCommunicator(CountSockets(websockets), "/ws", headers=headers)
        let_in, _ = await socket.connect(timeout=5)
        number = figures._sockets
        await socket.disconnect()
        return let_in, number

    assert open_and_look() == (True, 1)
    assert figures._sockets == 0


def test_a_stranger_at_the_sockets_does_not_count(watcher: Caller) -> None:
    @async_to_sync
    async def knock() -> tuple[bool, int]:
        socket = WebsocketCommunicator(CountSockets(websockets), "/ws", headers=[(b"authorization", b"Bearer no")])
        let_in, _ = await socket.connect(timeout=5)
        return let_in, figures._sockets

    assert knock() == (False, 0)
