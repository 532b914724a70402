"""`manage.py up`, as a person runs it: a real process with a folder and ports of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from django.conf import settings

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parent.parent
PORTS_NEEDED = 8


class Run:
    """A running `manage.py up`: what it said so far, and the processes that belong to it."""

    def __init__(self, var: Path, port: int, *options: str):
        self.url = f"http://127.0.0.1:{port}"
        self.said = var / "said"
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(port), *options],
                cwd=ROOT,
                env=environment(var),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self.said.read_text()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def running_as(self, *words: str) -> list[psutil.Process]:
        """The children that have these words in their command lines."""
        return [child for child in self.children() if set(words) <= set(child.cmdline())]

    def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def wait_until_it_serves(self, seconds: float = 120) -> None:
        self.wait_for(lambda: "Ctrl-C stops everything." in self.output, seconds)

    @property
    def key(self) -> str:
        found = re.search(r"API key +(\S+)", self.output)
        assert found, self.output
        return found[1]

    def get(self, path: str, key: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = httpx2.get(self.url + path, headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()


def environment(var: Path) -> dict[str, str]:
    """The environment of an installation at ``var``, with databases of its own: SQLite files there."""
    databases = {"DATABASE_URL", "WAREHOUSE_URL"}
    return {name: value for name, value in os.environ.items() if name not in databases} | {"CONCORD_VAR": str(var)}


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="concord-up-") as folder:
        yield Path(folder)


@contextmanager
def running(var: Path, port: int, *options: str) -> Iterator[Run]:
    run = Run(var, port, *(options or ("--no-sample",)))
    try:
        yield run
    finally:
        run.process.terminate()
        run.process.wait(timeout=60)


def free_port() -> int:
    """The first of as many free ports in a row as a run needs."""
    for first in range(21_000, 30_000, PORTS_NEEDED):
        if all(is_free(first + offset) for offset in range(PORTS_NEEDED)):
            return first
    raise AssertionError("No free ports.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def run_to_its_end(var: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up", "--port", str(port), "--no-sample"],
        cwd=ROOT,
        env=environment(var),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_serves_restarts_who_dies_and_stops_everybody(var):
    with running(var, free_port()) as run:
        run.wait_until_it_serves()
        health = run.get("/health")
        assert health["status"] == "healthy", health
        assert health["workers"] == dict.fromkeys(settings.WORKER_URLS, True)

        [worker] = run.running_as("worker", "florida_data")
        worker.kill()
        run.wait_for(lambda: "florida_data was killed (SIGKILL); it starts again in 1 s" in run.output)
        run.wait_for(lambda: "florida_data runs again" in run.output)
        run.wait_for(lambda: [new.pid for new in run.running_as("worker", "florida_data")] not in ([], [worker.pid]))

        children = run.children()
        assert len(children) >= 7
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(timeout=60) == 0
        assert run.output.endswith("Stopping.\nStopped.\n")
        assert not [child for child in children if child.is_running()]


def test_a_second_start_keeps_the_accounts_and_shows_no_secret_again(var):
    port = free_port()
    with running(var, port) as first:
        first.wait_until_it_serves()
        key = first.key
    with running(var, port) as second:
        second.wait_until_it_serves()
        assert "API key" not in second.output
        assert "admin" not in second.output
        assert second.get("/operations", key)["results"] == []


def test_the_first_run_does_an_operation_of_each_type_and_leaves_some_to_a_person(var):
    with running(var, free_port(), "--queue-workers", "1") as run:
        run.wait_until_it_serves(seconds=300)
        check, asked, codes, synced, validated, flawed, clean = run.get("/operations", run.key)["results"]
        assert clean["status"] == "completed", run.output
        assert clean["result"]["records_uploaded"] > 0
        assert flawed["status"] == "escalating", run.output
        assert [one["status"] for one in (check, asked, validated)] == ["completed"] * 3, run.output
        assert [one["status"] for one in (codes, synced)] == ["escalating"] * 2, run.output
        assert check["result"]["completion"][0]["done"] >= 3, run.output
        assert "health: " in run.output
        assert f"{run.url}/console/operations/{clean['operation_id']}" in run.output
        assert re.search(r"Duval SDF \S+ +[\d,]+ +[\d,]+ +\d+", run.output)


def test_nobody_outlives_a_run_that_is_killed(var):
    with running(var, free_port()) as run:
        run.wait_for(lambda: len(run.children()) >= 7)
        children = run.children()
        run.process.kill()
        run.process.wait()
        _, alive = psutil.wait_procs(children, timeout=10)
        assert not alive


def test_a_port_in_use_is_one_sentence_that_names_it_and_the_way_out(var):
    port = free_port()
    with socket.create_server(("127.0.0.1", port + 1)):
        ended = run_to_its_end(var, port)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        f"CommandError: Port {port + 1} is in use, and florida_data needs it: "
        "stop what runs there, or take others with `make run PORT=9000`.\n"
    )


def test_a_second_run_in_the_same_folder_is_refused(var):
    with running(var, free_port()) as run:
        run.wait_for(lambda: "Starting:" in run.output)
        ended = run_to_its_end(var, free_port())
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"CommandError: Concord already runs in {var}")


def test_a_folder_that_cannot_be_written_is_one_sentence():
    ended = run_to_its_end(Path("/dev/null/var"), free_port())
    assert ended.returncode == 1
    assert ended.stderr == "/dev/null/var cannot be made (Not a directory): set CONCORD_VAR to another folder\n"
