"""An installation of its own, in a folder that goes away with it: nothing of the person's own is read or written."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from concord.local_run import HOST, is_taken
from concord.local_run import url as address
from concord.tether import tethered

PORTS = 8  # in a row: the web, the workers, and the portal with the sample rolls
FIRST_PORT, LAST_PORT = 21_000, 60_000
READY_SECONDS = 240
READY = "Ctrl-C stops everything."
# A person's own settings, which may point at production, do not reach it.
PERSONAL = ("CONCORD_", "DATABASE_", "WAREHOUSE_", "REDIS_", "OPENAI_", "WORKER_", "DATA_", "FLORIDA_", "API_", "LOG_")


class NotReady(Exception):
    """The installation did not come up. The text has the end of what it said."""


@dataclass(frozen=True)
class Installation:
    """A running installation: where its web is, a key for its API, and its folder."""

    url: str
    key: str
    folder: Path


@contextmanager
def installation(environment: Mapping[str, str], *, queue_workers: int = 2) -> Iterator[Installation]:
    """Run `manage.py up` with ``environment`` for the length of the block. Raises `NotReady`."""
    with tempfile.TemporaryDirectory(prefix="concord-private-") as name:
        folder = Path(name)
        said = folder / "said"
        port = _free_ports()
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "up", "--no-sample"]
        command += ["--port", str(port), "--queue-workers", str(queue_workers)]
        with said.open("w") as output:
            process = subprocess.Popen(  # noqa: S603 the command is ours
                tethered(command),
                cwd=settings.BASE_DIR,
                env=_environment(folder) | dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,  # a Ctrl-C is for the one who started it, and stops it in order
            )
        try:
            key = _await_key(process, said)
            yield Installation(address(port), key, folder)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _environment(folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(PERSONAL)}
    return own | {"CONCORD_VAR": str(folder), "DOTENV": os.devnull}


def _await_key(process: "subprocess.Popen[bytes]", said: Path) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while READY not in (text := said.read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotReady(f"The installation did not come up. It said:\n{text[-2000:]}")
        time.sleep(0.2)
    found = re.search(r"API key +(\S+)", text)
    if found is None:
        raise NotReady(f"The installation showed no API key. It said:\n{text[-2000:]}")
    return found[1]


def _free_ports() -> int:
    """The first of as many free ports in a row as an installation needs."""
    with socket.socket() as probe:  # begin where nobody else who looks begins
        probe.bind((HOST, 0))
        begin = FIRST_PORT + probe.getsockname()[1] % 10_000 // PORTS * PORTS
    for first in range(begin, LAST_PORT, PORTS):
        if not any(is_taken(first + offset) for offset in range(PORTS)):
            return first
    raise NotReady("There are no free ports.")
