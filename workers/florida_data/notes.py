"""What `download` remembers of an address: what it stored from there, and by what it would know the same file again.

A note lies under DATA_URL beside what was stored, so that all machines see it.
"""

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from workers import datasets
from workers.contract import InvalidParameters
from workers.florida_data.results import Download, SourceFile

READERS = 16  # an object store answers each in its own time

Json = dict[str, Any]


def write(file: SourceFile, validators: Json, download: Download) -> None:
    """Remember that ``file``, as it was listed, was stored as ``download``; ``validators`` came with its bytes."""
    note = {"validators": validators, "listed": listed(file), "download": download}
    datasets.publish_bytes(json.dumps(note).encode(), _name(file["url"]))


def read(url: str) -> Json:
    """The note of an address; empty if there is none that can be read. Raises `OSError` if DATA_URL is away."""
    try:
        with datasets.opened(datasets.url_of(_name(url))) as file:
            note = json.load(file)
    except (InvalidParameters, ValueError):
        return {}
    return note if isinstance(note, dict) and "download" in note else {}


def read_all(urls: Iterable[str]) -> dict[str, Json]:
    """The notes of many addresses at once; empty where there is none, or where none can be read now."""
    known = list(urls)
    with ThreadPoolExecutor(READERS) as executor:
        return dict(zip(known, executor.map(_read, known), strict=True))


def _read(url: str) -> Json:
    try:
        return read(url)
    except OSError:
        return {}


def listed(file: SourceFile) -> Json:
    """What the listing shows of the file's state."""
    return {"etag": file["etag"], "modified": file["modified"], "bytes": file["bytes"]}


def is_same(file: SourceFile, note: Json) -> bool:
    """Does the source list the file that the note is of? By its tag; where there is none, by its size and date.

    The tag of a listing need not be the one that comes with the bytes, so that either will do.
    """
    now = listed(file)
    for then in (note.get("listed", {}), note.get("validators", {})):
        shown = ("etag",) if now["etag"] and then.get("etag") else ("modified", "bytes")
        if all(now[name] not in (None, "") and now[name] == then.get(name) for name in shown):
            return True
    return False


def _name(url: str) -> str:
    return f"downloads/{hashlib.sha256(url.encode()).hexdigest()[:24]}.json"
