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
    """The files beneath ``url`` of these types, of the newest year with any if none is asked for.

    Raises `TryLater` or `SourceRefused`.
    """
    return _Search(call, url, file_types, year, stage).beneath(unquote(urlsplit(url).path).rstrip("/"))


@dataclass(frozen=True)
class _Search:
    """One walk through a library."""

    call: Call
    url: str
    file_types: list[str]
    year: int | None
    stage: str

    def beneath(self, path: str, depth: int = 0) -> list[Listed]:
        """The files in a folder, and in those of its folders that may have what is asked for.

        A year's folder may be there before its first file is: then the newest year with files counts.
        """
        self.call.check()
        listing = _listing(self.url, path)
        found = [_listed(self.url, entry) for entry in listing["Files"]]
        if depth == MOST_DEEP:
            return found
        names = [entry["Name"] for entry in listing.get("Folders", [])]
        for name in self._kinds(names):
            found += self.beneath(f"{path}/{name}", depth + 1)
        for folders in self._years(names):
            of_year = [file for name in folders for file in self.beneath(f"{path}/{name}", depth + 1)]
            if of_year:
                return found + of_year
        return found

    @property
    def _nav(self) -> bool:
        return not set(NAV).isdisjoint(self.file_types)

    def _kinds(self, names: list[str]) -> list[str]:
        """The folders of the types that are asked for."""
        kinds = [name for name in names if file_type_of(name) in self.file_types]
        return kinds + [name for name in names if self._nav and name.upper() == "NAV"]

    def _years(self, names: list[str]) -> list[list[str]]:
        """The folders of each year, the newest first, or of the one that is asked for; only those of the stage."""
        years: dict[int, list[str]] = {}
        for name in names:
            match = YEAR_FOLDER.fullmatch(name)
            if match and (self._nav or not self.stage or (match[2] or self.stage).upper() == self.stage):
                years.setdefault(int(match[1]), []).append(name)
        return [years[year] for year in sorted(years, reverse=True) if self.year in (None, year)]


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
    if not _is_listing(listing):
        raise SourceRefused(f"{address} was answered with JSON that is no listing of a folder")
    return listing


def _is_listing(listing: Any) -> bool:
    if not isinstance(listing, dict) or not isinstance(listing.get("Files"), list):
        return False
    files, folders = listing["Files"], listing.get("Folders", [])
    named = [(entry, "ServerRelativeUrl") for entry in files] + [(entry, "Name") for entry in folders]
    return all(isinstance(entry, dict) and isinstance(entry.get(name), str) for entry, name in named)


def _listed(url: str, entry: dict[str, Any]) -> Listed:
    path = entry["ServerRelativeUrl"]
    address = urlunsplit((*urlsplit(url)[:2], quote(path), "", ""))
    length = str(entry.get("Length", ""))
    size = int(length) if length.isdecimal() else None
    return Listed(path, address, size, entry.get("ETag") or "", entry.get("TimeLastModified") or "")
