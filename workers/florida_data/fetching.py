"""Fetches a file of a source into a local partial file, from where the last attempt stopped.

The partial file and what is known of it lie under CONCORD_VAR, so that they survive a crash. Only one call at a time
fetches a file; a second one is told to come again.
"""

import contextlib
import fcntl
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec
import httpx2
from django.conf import settings

from workers.contract import ActionError, Call, TryLater
from workers.disk import is_full
from workers.florida_data.archives import is_bare
from workers.florida_data.folders import modified
from workers.florida_data.results import SourceFile
from workers.florida_data.web import SourceRefused, answered

BLOCK = 1 << 20
_ZIP_MAGIC = b"PK"
_SHOWN_OF_PAGE = 80


class Partial:
    """A file that is being fetched: its bytes so far, and the validator that they belong to."""

    def __init__(self, url: str):
        key = hashlib.sha256(url.encode()).hexdigest()[:24]
        self.path = settings.VAR / "partial" / key
        self._notes = self.path.with_suffix(".json")

    @contextlib.contextmanager
    def held(self) -> Iterator["Partial"]:
        """Keep other calls from fetching the same file meanwhile. Raises `TryLater` if one does."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise TryLater("the same file is being downloaded by another call", retry_after=5) from error
            yield self

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str:
        """The ETag that the bytes so far belong to; empty if they cannot be continued."""
        if not self.path.exists() or not self._notes.exists():
            return ""
        return json.loads(self._notes.read_text())["etag"]

    def begin(self, etag: str) -> None:
        """Start from nothing, with what is to come belonging to ``etag``."""
        self.path.write_bytes(b"")
        # A weak tag does not promise the same bytes, so it cannot be continued.
        self._notes.write_text(json.dumps({"etag": "" if etag.startswith("W/") else etag}))

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)


class Unchanged(Exception):
    """The source still has what was fetched before."""


def fetch(call: Call, file: SourceFile, partial: Partial, known: dict[str, Any]) -> dict[str, Any]:
    """Fetch ``file`` into ``partial``. Returns its validators (etag, modified, bytes), to be given as ``known`` later.

    Raises `Unchanged` if the source's file has the ``known`` validators, `TryLater` if it should be tried again, and
    `ActionError` if that would not help.
    """
    if urlsplit(file["url"]).scheme in ("http", "https"):
        return _fetch_web(call, file, partial, known)
    return _fetch_folder(call, file, partial, known)


def _fetch_web(call: Call, file: SourceFile, partial: Partial, known: dict[str, Any]) -> dict[str, Any]:
    with answered(file["url"], _conditions(partial, known)) as response:
        found = _validators(response)
        if response.status_code == 304 or (known.get("etag") and found["etag"] == known["etag"]):
            raise Unchanged
        if response.status_code == 416:
            partial.discard()
            raise TryLater(f"{file['name']}: what was fetched of it no longer fits: it begins again", retry_after=0)
        if response.status_code != 206:
            partial.begin(found["etag"])
        done, total = partial.size, _total(response, partial.size)
        _check_size(file["name"], total or 0)
        with partial.path.open("ab") as target:
            for block in response.iter_raw():
                _check_start(file, block if done == 0 else _ZIP_MAGIC)
                target.write(block)
                done += len(block)
                _check_size(file["name"], done)
                call.progress(done, total, f"{file['name']}: {done:,} bytes")
    return found | {"bytes": done}


def _conditions(partial: Partial, known: dict[str, Any]) -> dict[str, str]:
    """Ask for the rest if a part is there, or for nothing if what is known still holds."""
    headers = {"Accept-Encoding": "identity"}
    if partial.size and partial.validator:
        return headers | {"Range": f"bytes={partial.size}-", "If-Range": partial.validator}
    return headers | ({"If-None-Match": known["etag"]} if known.get("etag") else {})


def _validators(response: httpx2.Response) -> dict[str, Any]:
    return {"etag": response.headers.get("etag", ""), "modified": response.headers.get("last-modified", "")}


def _total(response: httpx2.Response, done: int) -> int | None:
    length = response.headers.get("content-length", "")
    return done + int(length) if length.isdecimal() else None


def _check_start(file: SourceFile, start: bytes) -> None:
    """A portal answers a wrong address with a page and status 200, so what comes must begin as a zip does."""
    if is_bare(file["name"]) or _ZIP_MAGIC.startswith(start[: len(_ZIP_MAGIC)]):
        return
    text = " ".join(start[:4096].decode("utf-8", "replace").split())
    if text.lower().startswith(("<html", "<!doctype", "<head", "<script")):
        raise SourceRefused(
            f"{file['name']}: the source answered with an HTML page instead of a zip: {text[:_SHOWN_OF_PAGE]}"
        )
    raise SourceRefused(f"{file['name']} is not a zip: it begins with {start[:8]!r}")


def _check_size(name: str, size: int) -> None:
    if size > settings.FLORIDA_MAX_ROLL_BYTES:
        most = f"{settings.FLORIDA_MAX_ROLL_BYTES:,} bytes that FLORIDA_MAX_ROLL_BYTES allows"
        raise ActionError(f"{name} is larger than the {most}")


def _fetch_folder(call: Call, file: SourceFile, partial: Partial, known: dict[str, Any]) -> dict[str, Any]:
    fs, path = fsspec.core.url_to_fs(file["url"])
    try:
        found = _found(fs, path)
        if known and found == {name: known.get(name) for name in found} and found["modified"]:
            raise Unchanged
        _check_size(file["name"], found["bytes"] or 0)
        with fs.open(path, "rb") as stream:
            _copy(call, file, stream, partial, found["bytes"])
        if _found(fs, path) != found:
            raise TryLater(f"{file['name']} changed while it was read", retry_after=0)
    except FileNotFoundError as error:
        raise SourceRefused(f"{file['name']} is no longer at {file['url']}") from error
    except OSError as error:
        if is_full(error):
            raise
        raise TryLater(f"{file['name']} cannot be read: {error.strerror or type(error).__name__}") from error
    return found


def _found(fs: Any, path: str) -> dict[str, Any]:
    fs.invalidate_cache()
    info = fs.info(path)
    return {"etag": str(info.get("ETag") or ""), "modified": modified(info), "bytes": info.get("size")}


def _copy(call: Call, file: SourceFile, stream: Any, partial: Partial, total: int | None) -> None:
    partial.begin("")
    done = 0
    with Path(partial.path).open("wb") as target:
        while block := stream.read(BLOCK):
            _check_start(file, block if done == 0 else _ZIP_MAGIC)
            target.write(block)
            done += len(block)
            call.progress(done, total, f"{file['name']}: {done:,} bytes")
    if total is not None and done != total:
        raise TryLater(f"{file['name']} changed while it was read: {done} of {total} bytes")
