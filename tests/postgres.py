"""A PostgreSQL server of the tests' own: made in a temporary folder, reached by a unix socket, gone afterwards."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a test server need not do is survive a power cut.
OPTIONS = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


def available() -> bool:
    """Whether this machine has a PostgreSQL to start."""
    return _binaries() is not None


@contextlib.contextmanager
def running(options: str = "") -> Iterator[str]:
    """Run a server with these additional ``postgres`` options, and yield the URL of its database."""
    binaries = _binaries()
    if binaries is None:
        raise FileNotFoundError("no initdb on the PATH or under /usr/lib/postgresql: install postgresql")
    with tempfile.TemporaryDirectory(prefix="concord-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        data = _owned_folder(folder / "data")
        sockets = _owned_folder(folder / "socket")
        log = data / "server.log"
        _run(
            binaries / "initdb", "--pgdata", data, "--username=concord", "--auth=trust", "--encoding=UTF8", "--no-sync"
        )
        start = f"-k {sockets} {OPTIONS} {options}"
        _run(binaries / "pg_ctl", "start", "--wait", "--pgdata", data, "--log", log, "--options", start)
        try:
            yield f"postgresql://concord@{str(sockets).replace('/', '%2F')}/postgres"
        finally:
            _run(binaries / "pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", data)


def _binaries() -> Path | None:
    """The folder of initdb and pg_ctl: Debian keeps them off the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


def _owned_folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(path, account.pw_uid, account.pw_gid)
    return path


def _run(*command: object) -> None:
    """Run a server command, as the user postgres if this is root, since PostgreSQL refuses to be root."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(words, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stderr}")


def restart(url: str) -> None:
    """Restart the server that `running` gave this URL, as somebody does who upgrades it: open connections break."""
    folder = Path(unquote(urlsplit(url).netloc.partition("@")[2])).parent
    binaries = _binaries()
    assert binaries
    data = folder / "data"
    _run(binaries / "pg_ctl", "restart", "--wait", "--mode=fast", "--pgdata", data, "--log", data / "server.log")
