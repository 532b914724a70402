"""A small portal that serves a folder of rolls with the habits of the state's.

Listings as SharePoint's REST interface gives them, ETags, ranges, a folder for staff, and a web page with status 200
for an address that does not exist. It is for trials and tests on this machine.
"""

import hashlib
import re
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from workers.florida_data.sources import LIBRARY

STAFF_FOLDER = "~staff"
_LISTING = re.compile(r"/property/dataportal/_api/web/GetFolderByServerRelativeUrl\('(.*)'\)")
NOT_FOUND_PAGE = """<html><head><meta name="SharePointError" content=""/><title>File Not Found</title></head>
<body>File Not Found</body></html>"""


def application(folder: Path) -> Starlette:
    """The portal over the rolls beneath ``folder`` as an ASGI application."""
    root = folder.resolve()

    async def answer(request: Request) -> Response:
        path = unquote(request.url.path)
        if match := _LISTING.fullmatch(path):
            place = _place(root, match[1].replace("''", "'"))
            return _listing(root, place) if place and place.is_dir() else _not_found()
        place = _place(root, path)
        return _file(request, place) if place and place.is_file() else _not_found()

    return Starlette(routes=[Route("/{path:path}", answer)])


def _place(root: Path, path: str) -> Path | None:
    """What a path of the library is on the disk; None if it leads out of it."""
    inside, slash, rest = path.partition(LIBRARY)
    place = (root / rest.strip("/")).resolve()
    return place if slash and not inside and place.is_relative_to(root) else None


def _not_found() -> Response:
    return HTMLResponse(NOT_FOUND_PAGE)


def _listing(root: Path, place: Path) -> Response:
    entries = sorted(entry for entry in place.iterdir() if not entry.name.startswith("."))
    folders = [{"Name": entry.name} for entry in entries if entry.is_dir()]
    if place == root:
        folders.append({"Name": STAFF_FOLDER})
    files = [_entry(root, entry) for entry in entries if entry.is_file() and entry.suffix != ".part"]
    return JSONResponse({"Name": place.name, "Folders": folders, "Files": files})


def _entry(root: Path, file: Path) -> dict[str, str]:
    return {
        "Name": file.name,
        "ServerRelativeUrl": f"{LIBRARY}/{file.relative_to(root).as_posix()}",
        "Length": str(file.stat().st_size),
        "ETag": etag(file),
        "TimeLastModified": formatdate(file.stat().st_mtime, usegmt=True),
        "UIVersionLabel": "1.0",
    }


def etag(file: Path) -> str:
    """A tag in SharePoint's form: it changes whenever the file does."""
    state = file.stat()
    digest = hashlib.sha256(f"{file.name}:{state.st_size}:{state.st_mtime_ns}".encode()).hexdigest().upper()
    return f'"{{{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}}},1"'


def _file(request: Request, file: Path) -> Response:
    tag = etag(file)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return FileResponse(file, media_type="application/x-zip-compressed", headers={"ETag": tag})
