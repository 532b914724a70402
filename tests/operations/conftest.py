"""The engine with a real worker service, a real Redis, and the queue run in this process."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django_rq
import pytest
from django.conf import settings
from rq.serializers import JSONSerializer

from operations import acts, pipeline, sweeper
from operations.management.commands.queue_worker import QueueWorker
from operations.models import Operation
from operations.states import MOVING
from tests.operations import plant
from tests.serving import registered

Settle = Callable[..., Operation]


@pytest.fixture
def plant_url(transactional_db: None) -> Iterator[str]:
    """The test worker, registered as `plant`."""
    pipeline._remembered.clear()
    with registered(plant.worker) as url:
        yield url


@pytest.fixture
def settle(plant_url: str) -> Settle:
    """Run the queue and the sweeper until an operation rests."""

    def run(operation: Operation, seconds: float = 30) -> Operation:
        end = time.monotonic() + seconds
        while True:
            run_queue()
            operation.refresh_from_db()
            if operation.status not in MOVING and operation.wake_at is None:
                return operation
            assert time.monotonic() < end, (
                f"{operation.status} {operation.error}: {[str(event) for event in operation.events.all()]}"
            )
            time.sleep(0.02)
            sweeper.ring_again()

    return run


def run_queue() -> None:
    """Run what was rung for, as a queue worker does."""
    queue = django_rq.get_queue(settings.QUEUE)
    worker = QueueWorker([queue], connection=queue.connection, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="ERROR")


def post(steps: list[dict], **fields: object) -> Operation:
    """Submit a custom operation with these steps."""
    return acts.submit({"operation_type": "custom", "parameters": {"steps": steps}, **fields}, None)[0]


def step(step_id: str, action: str, **fields: object) -> dict:
    return {"id": step_id, "worker": "plant", "action": action, **fields}


def statuses(operation: Operation) -> dict[str, str]:
    return dict(operation.steps.values_list("step_id", "status"))


@pytest.fixture
def journal(tmp_path: Path) -> str:
    return str(tmp_path / "journal")


def waiting(journal: str) -> dict:
    """A step that works until the file beside the journal is there."""
    return step("E1", "wait", arguments={"journal": journal, "until": f"{journal}.go"})
