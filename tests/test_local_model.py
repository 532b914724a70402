"""A real small model plans real operations. It plans badly, and they end well all the same: `make test-local-model`."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.db.models import F, Sum
from pytest_django import Settings

from operations import acts
from operations.models import Operation
from operations.states import Status
from tests.operations.conftest import run_queue, settle
from tests.test_refuse_bad_rolls import plant_url, roll
from workers import local_model

__all__ = ["plant_url", "roll", "run_queue", "settle"]

pytestmark = [
    pytest.mark.local_model,
    pytest.mark.django_db(transaction=True, databases=["default", "warehouse"]),
]

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 60
ANSWERS_WITHIN = 600  # on a busy machine; a quiet one needs a few seconds
RESTS_WITHIN = 1800

Settle = Callable[..., Operation]


class LocalModel:
    """The launcher in a process of its own, and what its server counted."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "manage.py", "local_model", "--port", str(port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"

    def wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._serves():
            assert self.process.poll() is None, "the local model ended; are its packages there? (make local-model)"
            assert time.monotonic() < deadline, "the local model did not start"
            time.sleep(0.1)

    def _serves(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/health").status_code == 200
        except httpx2.TransportError:
            return False

    @property
    def tokens(self) -> int:
        """What llama.cpp itself counted: prompts, whether read or remembered, and answers."""
        told = httpx2.get(f"{self.url}/metrics").text
        counted = dict(re.findall(r"^llamacpp:(\w+) (\d+)$", told, re.MULTILINE))
        return sum(
            int(counted[name])
            for name in ("prompt_tokens_total", "prompt_tokens_cached_total", "tokens_predicted_total")
        )

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0


@pytest.fixture
def model(settings: Settings) -> Iterator[LocalModel]:
    local = LocalModel()
    try:
        local.wait_until_it_serves()
        settings.OPENAI_BASE_URL = f"{local.url}/v1"
        settings.OPENAI_MODEL = local_model.NAME
        settings.ENABLE_JUDGE, settings.JUDGE_SECONDS = True, ANSWERS_WITHIN
        settings.PLANNING_SECONDS = ANSWERS_WITHIN
        yield local
    finally:
        local.stop()


def run(settle: Settle, operation_type: str, parameters: dict[str, Any]) -> Operation:
    fields = {"operation_type": operation_type, "parameters": parameters, "timeout_seconds": 3600}
    return settle(acts.submit(fields, None)[0], seconds=RESTS_WITHIN)


def assert_its_tokens_are_what_the_server_counted(operation: Operation, model: LocalModel) -> None:
    spent = operation.model_calls.aggregate(total=Sum(F("prompt_tokens") + F("completion_tokens")))["total"]
    assert operation.token_usage == spent == model.tokens > 0
    assert not operation.model_calls.filter(estimated=True).exists()


def test_rolls_are_loaded_whatever_the_model_planned(settle: Settle, model: LocalModel, roll: Path) -> None:
    parameters = {"counties": ["Union"], "file_types": ["SDF"], "source": "inbox"}

    operation = run(settle, "data_pipeline", parameters)

    assert operation.status == Status.COMPLETED, operation.error
    assert operation.result is not None
    assert operation.result["records_uploaded"] == operation.result["records_processed"] > 0
    assert {"planning", "validation"} <= set(operation.model_calls.values_list("purpose", flat=True))
    assert_its_tokens_are_what_the_server_counted(operation, model)


def test_a_goal_that_it_cannot_plan_goes_to_a_person(settle: Settle, model: LocalModel) -> None:
    operation = run(settle, "custom", {"goal": "Tell how many rows the sale rolls of Union have."})

    assert operation.status in (Status.ESCALATING, Status.COMPLETED)
    assert operation.status == Status.COMPLETED or operation.escalations.open().exists()
    assert_its_tokens_are_what_the_server_counted(operation, model)
