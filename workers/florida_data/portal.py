"""Lists a SharePoint library such as the state's portal: by its REST interface, never by guessing the names of files.

Folders are named by type and then by year and stage (``NAL/2026P``); those that begin with ``~`` are for staff. How
those of the NAV files are called is unverified: ``NAV/2024/NAV N``, ``NAVN/2024`` and the like are all looked into.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from workers.contract import Call
from workers.florida_data.layouts import NAV
from workers.florida_data.names import YEAR_FOLDER, file_type_of
from workers.florida_data.web import SourceRefused, answered

MOST_DEEP = 3
_ACCEPT = {"Accept": "application/json;odata=nometadata"}


@dataclass(frozen=True)
class Listed:
    """A file as a listing shows it."""

    path: str
    url: str
    bytes: int | None
    etag: str = ""
    modified: str = ""


def list_portal(call: Call, url: str, file_types: list[str], year: int | None, stage: str) -> list[Listed]:
    """The files beneath ``url`` of these types, of the newest year if none is asked for.

    Raises `TryLater` or `SourceRefused`.
    """
    found: list[Listed] = []
    folders = [(unquote(urlsplit(url).path).rstrip("/"), 0)]
    while folders:
        path, depth = folders.pop()
        call.check()
        listing = _listing(url, path)
        found += [_listed(url, entry) for entry in listing.get("Files", [])]
        if depth < MOST_DEEP:
            names = [entry["Name"] for entry in listing.get("Folders", [])]
            folders += [(f"{path}/{name}", depth + 1) for name in _wanted(names, file_types, year, stage)]
    return found


def _wanted(names: list[str], file_types: list[str], year: int | None, stage: str) -> list[str]:
    """Which folders to look into: those of the types, and those of the year (by default the newest) and the stage."""
    kinds = [name for name in names if file_type_of(name) in file_types]
    nav = not set(NAV).isdisjoint(file_types)
    if nav:
        kinds += [name for name in names if name.upper() == "NAV"]
    years = {name: match for name in names if (match := YEAR_FOLDER.fullmatch(name))}
    if stage and not nav:
        years = {name: match for name, match in years.items() if match[2] in (stage, None)}
    newest = year or max((int(match[1]) for match in years.values()), default=0)
    return kinds + [name for name, match in years.items() if int(match[1]) == newest]


def _listing(url: str, path: str) -> dict[str, Any]:
    site, _, _ = path.partition("/Documents/")
    quoted = path.replace("'", "''")
    address = quote(f"{site}/_api/web/GetFolderByServerRelativeUrl('{quoted}')", safe="/'()")
    address = urlunsplit((*urlsplit(url)[:2], address, "$expand=Folders,Files", ""))
    with answered(address, _ACCEPT) as response:
        body = response.read()
    try:
        listing = json.loads(body)
    except ValueError as error:
        kind = response.headers.get("content-type", "something")
        message = f"{address} was answered with {kind} instead of a listing: is the portal's URL right?"
        raise SourceRefused(message) from error
    if not isinstance(listing, dict) or "Files" not in listing:
        raise SourceRefused(f"{address} was answered with JSON that is no listing of a folder")
    return listing


def _listed(url: str, entry: dict[str, Any]) -> Listed:
    path = entry["ServerRelativeUrl"]
    address = urlunsplit((*urlsplit(url)[:2], quote(path), "", ""))
    return Listed(path, address, int(entry["Length"]), entry.get("ETag", ""), entry.get("TimeLastModified", ""))
