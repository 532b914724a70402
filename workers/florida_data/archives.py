"""Opens stored roll files: the one CSV in a zip, or a CSV that came without one."""

import contextlib
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from workers import datasets
from workers.contract import ActionError
from workers.florida_data.layouts import is_member
from workers.florida_data.line_ends import with_newlines
from workers.florida_data.results import Download

# What reading a damaged zip raises; NotImplementedError is a compression method that Python does not know.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
_ENDINGS = (".csv", ".txt")
_NAMED = 100  # characters of a member's name in a message


class UnreadableArchive(ActionError):
    """A file that is no zip with one roll inside."""


def is_bare(name: str) -> bool:
    """Whether a file of this name is a CSV without a zip around it."""
    return name.lower().endswith(_ENDINGS)


def find_member(archive: zipfile.ZipFile, file: str) -> zipfile.ZipInfo:
    """The one CSV in a zip, or the one that is named as a roll is where there are others beside it, such as a readme.

    Raises `UnreadableArchive` that names ``file`` if there is none or are several.
    """
    members = [member for member in archive.infolist() if _may_be_roll(member.filename)]
    if len(members) > 1:
        members = [member for member in members if is_member(member.filename)]
    if len(members) != 1:
        found = ", ".join(repr(member.filename[:_NAMED]) for member in archive.infolist()[:5]) or "nothing"
        raise UnreadableArchive(f"{file} should hold one CSV file, but holds {found}")
    return members[0]


def _may_be_roll(name: str) -> bool:
    """Whether a member has a roll's ending; what macOS puts beside each file has it too."""
    return is_bare(name) and not posixpath.basename(name).startswith(".")


@contextlib.contextmanager
def opened_zip(local: Path, file: str) -> Iterator[zipfile.ZipFile]:
    """A local zip. Raises `UnreadableArchive` that names ``file`` for any damage found while it is open."""
    try:
        with zipfile.ZipFile(local) as archive:
            yield archive
    except DAMAGE as error:
        raise UnreadableArchive(f"{file} is a damaged zip: {error}") from error


@contextlib.contextmanager
def open_csv(download: Download) -> Iterator[IO[bytes]]:
    """The bytes of a downloaded roll's CSV, from its header on."""
    url, name = download["archive"]["url"], download["member"]
    with datasets.local_copy(url, "download.archive.url") as local:
        if download["csv"]["url"]:
            with local.open("rb") as file:
                yield with_newlines(file)
            return
        with opened_zip(local, name) as archive, archive.open(find_member(archive, name)) as file:
            yield with_newlines(file)
