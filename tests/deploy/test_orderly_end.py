"""On SIGTERM every part ends by itself, in good time: nothing that was taken in is cut off or lost."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from django.conf import settings

from concord.web import GRACE_SECONDS
from tests.test_up import environment, free_port

pytestmark = pytest.mark.whole

GRACE = 10.0  # seconds that each part may take here, where nothing long is under way


@pytest.fixture
def var(tmp_path: Path) -> Path:
    for database in ("default", "warehouse"):
        manage(tmp_path, "migrate", "--database", database, "--verbosity", "0")
    return tmp_path


def manage(var: Path, *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=own(var), check=True, capture_output=True, text=True
    ).stdout


def own(var: Path) -> dict[str, str]:
    return environment(var) | {"REDIS_URL": settings.REDIS_URL}


@contextmanager
def part(var: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """One process of the installation; killed at the end if it still runs."""
    log = (var / "said").open("w")
    process = subprocess.Popen(
        [sys.executable, *words], cwd=settings.BASE_DIR, env=own(var), stdout=log, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        log.close()


def seconds_to_end(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(GRACE_SECONDS + 5)
    return time.monotonic() - began


@pytest.mark.parametrize("words", [("queue_worker",), ("sweeper",), ("worker", "sunbiz", "--port", "0")])
def test_a_part_at_rest_ends_at_once_and_well(var: Path, words: tuple[str, ...]) -> None:
    with part(var, "manage.py", *words) as process:
        wait_until(lambda: signal_is_caught(process.pid))
        time.sleep(1)
        assert seconds_to_end(process) < GRACE
        # uvicorn ends in order, and then by the signal that it was sent
        assert process.returncode in (0, -signal.SIGTERM), (var / "said").read_text()


def test_the_web_answers_who_waits_with_202_and_then_ends(var: Path, private_redis) -> None:
    key = manage(var, "create_api_key", "waiting").strip().splitlines()[-1]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    answers: list[httpx2.Response] = []

    def post() -> None:
        body = {"operation_type": "performance_check", "parameters": {}}
        headers = {"Authorization": f"Bearer {key}", "Prefer": "wait=60"}
        answers.append(httpx2.post(f"{url}/operations", json=body, headers=headers, timeout=60, trust_env=False))

    with part(var, "-m", "concord.web", "-b", "127.0.0.1", "-p", str(port), "concord.asgi:application") as process:
        wait_until(lambda: answers_at(url))
        waiting = [threading.Thread(target=post) for _ in range(5)]
        for thread in waiting:
            thread.start()
        time.sleep(2)  # all are waiting by now: no queue worker runs
        assert seconds_to_end(process) < GRACE
        for thread in waiting:
            thread.join(10)

    assert [answer.status_code for answer in answers] == [202] * 5
    assert len({answer.headers["Location"] for answer in answers}) == 5
    assert process.returncode == 0, (var / "said").read_text()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{url}/health", trust_env=False)


def signal_is_caught(pid: int) -> bool:
    """Whether the process has a handler for SIGTERM yet, as the kernel knows."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16)
    return bool(mask & (1 << (signal.SIGTERM - 1)))


def answers_at(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health", trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def wait_until(holds, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
