"""Calls that outlive their service: killed or stopped in the middle, and started again at the same place."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from django.conf import settings

from tests.workers.service.conftest import Caller


class Service:
    """The example worker in a process of its own, always at the same port and with the same database."""

    def __init__(self, folder: Path):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        token = {"WORKER_TOKEN": settings.WORKER_TOKEN, "WAREHOUSE_URL": f"sqlite:///{folder / 'warehouse.sqlite3'}"}
        self.environment = os.environ | token | {"CONCORD_VAR": str(folder)}

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.workers.example_worker", str(self.port)]
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment)
        end = time.monotonic() + 30
        while not self.is_healthy():
            assert self.process.poll() is None, "the service ended while it started"
            assert time.monotonic() < end, "the service did not start"
            time.sleep(0.02)

    def is_healthy(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/health").status_code == 200
        except httpx2.TransportError:
            return False

    def end(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return self.process.wait(20)

    def migrate(self) -> None:
        command = [sys.executable, "manage.py", "migrate", "--database", "warehouse", "--verbosity", "0"]
        subprocess.run(command, cwd=settings.BASE_DIR, env=self.environment, check=True)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    service.migrate()
    service.start()
    yield service
    service.process.kill()
    service.process.wait()


def test_a_result_is_answered_again_after_a_kill(service: Service, journal):
    with Caller(service.url) as caller:
        first = caller.act("count", {"journal": str(journal)}, idempotency_key="op:E1:d:1").json()
    service.end(signal.SIGKILL)
    service.start()
    with Caller(service.url) as caller:
        second = caller.act("count", {"journal": str(journal)}, idempotency_key="op:E1:d:1", concord_attempt="2")

    assert second.json() == first
    assert journal.read_text().split() == ["start", "end"]


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_call_cut_short_runs_again_at_once_after_a_restart(service: Service, journal, sign):
    parameters = {"journal": str(journal), "to": 400, "pause": 0.05}
    with Caller(service.url) as caller:
        location = caller.act("count", parameters, idempotency_key="k", prefer="wait=0").headers["Location"]
        while not journal.exists():
            time.sleep(0.01)
    service.end(sign)
    service.start()
    with Caller(service.url) as caller:
        state = caller.get(location).json()
        again = caller.act("count", parameters, idempotency_key="k", concord_attempt="2", prefer="wait=0")
        while journal.read_text().split() != ["start", "start"]:
            time.sleep(0.01)
        caller.delete(location)
        ended = caller.ended(location)

    assert (state["status"], state["retryable"]) == ("failed", True)
    assert (again.status_code, again.headers["Location"]) == (202, location)
    assert ended["status"] == "cancelled"


def test_a_service_told_to_stop_answers_whoever_waits(service: Service, journal):
    parameters = {"journal": str(journal), "to": 400, "pause": 0.05}
    with Caller(service.url) as caller, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(caller.act, "count", parameters, prefer="wait=20")
        while not journal.exists():
            time.sleep(0.01)
        service.end(signal.SIGTERM)
        answer = waiting.result()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["retryable"] is True
