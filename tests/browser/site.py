"""The site that the browser tests look at."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections


class Site:
    """Daphne as a process of its own, which a test may stop and start again at the same address."""

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        self.environment = environment
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = self.environment | {
            "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "WAREHOUSE_URL": f"sqlite:///{connections['warehouse'].settings_dict['NAME']}",
            "REDIS_URL": settings.REDIS_URL,
        }
        listen = ["-b", "127.0.0.1", "-p", str(self.port)]
        command = [sys.executable, "-m", "tests.browser.daphne", *listen, "concord.asgi:application"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log)
        until(self._answers, f"the site did not start; see {self.log}")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def until(happens: Callable[[], Any], otherwise: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


def environment() -> dict[str, str]:
    """What the site would be started with, but for what pytest changes with every test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
