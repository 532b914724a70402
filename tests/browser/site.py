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
from django.db import connections


class Site:
    """Daphne as a process of its own, which a test may stop and start again at the same address."""

    def __init__(self, log: Path, environment: dict[str, str], module: str = "tests.browser.daphne") -> None:
        self.environment = environment
        self.module = module
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = self.environment | {
            "DATABASE_URL": _address("default", "DATABASE_URL"),
            "WAREHOUSE_URL": _address("warehouse", "WAREHOUSE_URL"),
            "REDIS_URL": settings.REDIS_URL,
        }
        listen = ["-b", "127.0.0.1", "-p", str(self.port)]
        command = [sys.executable, "-m", self.module, *listen, "concord.asgi:application"]
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


def _address(alias: str, variable: str) -> str:
    """Where the test's own database is; ``variable`` names its server."""
    name = connections[alias].settings_dict["NAME"]
    if connections[alias].vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ[variable].rpartition('/')[0]}/{name}"


def until(happens: Callable[[], Any], otherwise: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


def environment() -> dict[str, str]:
    """What the site would be started with, but for what pytest changes with every test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
