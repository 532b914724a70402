"""Lists a folder or an object store of roll files. Where a zip's name does not tell what it is, its member's does."""

import posixpath
import zipfile
from typing import Any

import fsspec

from workers.contract import Call, TryLater
from workers.florida_data.archives import DAMAGE, UnreadableArchive, find_member
from workers.florida_data.names import Told, read_name
from workers.florida_data.portal import Listed

_ENDINGS = (".zip", ".csv", ".txt")


def list_folder(call: Call, url: str) -> list[Listed]:
    """The roll files beneath ``url``, which may also be one file; none if it is not there. Raises `TryLater`."""
    fs, root = fsspec.core.url_to_fs(url)
    try:
        fs.invalidate_cache()
        found = {root: fs.info(root)} if fs.isfile(root) else fs.find(root, detail=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise TryLater(f"{url} cannot be listed: {error.strerror or error}") from error
    call.check()
    return [
        Listed(path, fs.unstrip_protocol(path), info.get("size"), _text(info.get("ETag")), modified(info))
        for path, info in sorted(found.items())
        if path.lower().endswith(_ENDINGS) and "/~" not in path and not posixpath.basename(path).startswith(".")
    ]


def modified(info: dict[str, Any]) -> str:
    """When the file was changed last, as its file system says; an empty text if it does not."""
    return _text(next((info[name] for name in ("mtime", "LastModified", "last_modified") if info.get(name)), ""))


def look_inside(listed: Listed) -> Told:
    """What the name of the member of a listed zip tells; nothing if it cannot be read (a download says why)."""
    fs, path = fsspec.core.url_to_fs(listed.url)
    try:
        with fs.open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            return read_name(find_member(archive, listed.path).filename)
    except (*DAMAGE, UnreadableArchive, OSError):
        return Told()


def _text(value: object) -> str:
    return "" if value is None else str(value)
