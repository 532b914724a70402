"""Brings a file of a source to this machine, from where the last attempt stopped; a local one is used where it is."""

import contextlib
import fcntl
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from workers.contract import ActionError, Call, TryLater
from workers.sunbiz.listing import Listed

BLOCK = 1 << 20
ABANDONED_AFTER = 7 * 86_400  # seconds


@contextlib.contextmanager
def fetched(call: Call, file_system: Any, file: Listed) -> Iterator[Path]:
    """A local path with the bytes of ``file``, which goes away again if it is a copy and all went well.

    Raises `TryLater` if the source breaks off, or if another call fetches the same file; `ActionError` if the file is
    gone or may not be read.
    """
    if "file" in _protocols(file_system):
        yield _local(file)
        return
    with _held(file) as partial:
        _copy(call, file_system, file, partial)
        yield partial
        partial.unlink(missing_ok=True)
        _notes(partial).unlink(missing_ok=True)


def _local(file: Listed) -> Path:
    path = Path(file.path)
    try:
        with path.open("rb"):
            return path
    except FileNotFoundError as error:
        raise ActionError(f"{file.name} is no longer at {file.url}") from error
    except OSError as error:
        raise ActionError(f"{file.name} cannot be read at {file.url}: {error.strerror}") from error


def digest(call: Call, path: Path, name: str) -> str:
    """The SHA-256 digest of a local file."""
    total, done, found = path.stat().st_size, 0, hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            found.update(block)
            done += len(block)
            call.progress(done, total, f"{name}: checking")
    return found.hexdigest()


@contextlib.contextmanager
def _held(file: Listed) -> Iterator[Path]:
    """Where the copy is made, kept from other calls meanwhile."""
    partial = settings.VAR / "partial" / f"sunbiz-{hashlib.sha256(file.url.encode()).hexdigest()[:24]}"
    partial.parent.mkdir(parents=True, exist_ok=True)
    _clear_away(partial.parent)
    with partial.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TryLater(f"{file.name} is being fetched by another call", retry_after=10) from error
        yield partial


def _copy(call: Call, file_system: Any, file: Listed, partial: Path) -> None:
    validators = {"bytes": file.bytes, "modified": file.modified}
    notes = _notes(partial)
    if not (file.modified and notes.exists() and json.loads(notes.read_text()) == validators):
        partial.unlink(missing_ok=True)
        notes.write_text(json.dumps(validators))
    done = partial.stat().st_size if partial.exists() else 0
    try:
        with file_system.open(file.path, "rb") as stream, partial.open("ab") as target:
            stream.seek(done)
            _read_ahead(stream, file.bytes)
            while block := stream.read(BLOCK):
                target.write(block)
                done += len(block)
                call.progress(done, file.bytes, f"{file.name}: fetching")
    except FileNotFoundError as error:
        raise ActionError(f"{file.name} is no longer at {file.url}") from error
    except (OSError, EOFError) as error:
        raise TryLater(f"{file.name} cannot be read: {str(error) or type(error).__name__}") from error
    if file.bytes is not None and done != file.bytes:
        partial.unlink()
        raise TryLater(f"{file.name} changed while it was read: {done} of {file.bytes} bytes")


def _read_ahead(stream: IO[bytes], size: int | None) -> None:
    """Ask an SFTP server for all of the file at once: else each block waits for the one before."""
    prefetch = getattr(stream, "prefetch", None)
    if prefetch and size:
        prefetch(size, max_concurrent_requests=64)


def _notes(partial: Path) -> Path:
    return partial.with_suffix(".json")


def _clear_away(folder: Path) -> None:
    """Remove copies that nobody went on with."""
    for path in folder.glob("sunbiz-*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - ABANDONED_AFTER:
                path.unlink()


def _protocols(file_system: Any) -> tuple[str, ...]:
    protocol = file_system.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
