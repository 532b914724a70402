"""Opens files of records: bare, or members of a zip, also of one compressed by Deflate64, which zipfile cannot read."""

import contextlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import inflate64

from workers.contract import ActionError
from workers.sunbiz.names import Told, read_name

DEFLATE64 = 9
_BLOCK = 1 << 18
_PACKED = 1 << 14  # taken at a time: a byte may unpack to a thousand
_ENCRYPTED = 1
_LOCAL_HEADER = 30


class UnreadableFile(ActionError):
    """A file that is no zip of records, or a damaged one."""


@dataclass(frozen=True)
class Member:
    """One file of records in a zip; the name is empty for a bare file."""

    name: str
    bytes: int
    day: date | None
    told: Told | None


def members(path: Path, name: str) -> list[Member]:
    """The files of records in the file ``name``, itself if it is bare. Raises `UnreadableFile`."""
    if not name.lower().endswith(".zip"):
        return [Member("", path.stat().st_size, None, read_name(name))]
    with _damage(name), zipfile.ZipFile(path) as archive:
        found = [info for info in archive.infolist() if info.filename.lower().endswith(".txt")]
        if locked := next((info.filename for info in found if info.flag_bits & _ENCRYPTED), None):
            raise UnreadableFile(f"{name}: {locked} is encrypted")
        if not found:
            raise UnreadableFile(f"{name} has no text file inside")
        return [
            Member(info.filename, info.file_size, _day(info.date_time), read_name(info.filename))
            for info in sorted(found, key=lambda info: info.filename)
        ]


@contextlib.contextmanager
def opened(path: Path, name: str, member: str) -> Iterator[IO[bytes]]:
    """The bytes of a member, or of the file itself. Raises `UnreadableFile` for damage found while they are read."""
    if not member:
        with path.open("rb") as file:
            yield file
        return
    with _damage(name), zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
        if info.compress_type != DEFLATE64:
            with archive.open(info) as file:
                yield file
            return
        with path.open("rb") as raw:
            yield io.BufferedReader(_Inflated(raw, info), _BLOCK)


class _Inflated(io.RawIOBase):
    """A member compressed by Deflate64, its size and CRC checked at the end."""

    def __init__(self, file: IO[bytes], info: zipfile.ZipInfo):
        self.file, self.info = file, info
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER)
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        file.seek(info.header_offset + _LOCAL_HEADER + names)
        self.left = info.compress_size
        self.inflater = inflate64.Inflater()
        self.ready, self.crc, self.size = memoryview(b""), 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        view = memoryview(target)
        while not self.ready and self.left:
            self._inflate()
        count = min(len(view), len(self.ready))
        view[:count] = self.ready[:count]
        self.ready = self.ready[count:]
        if not count and (self.size != self.info.file_size or self.crc != self.info.CRC):
            raise zipfile.BadZipFile(f"{self.info.filename} has another size or CRC than the zip says")
        return count

    def _inflate(self) -> None:
        block = self.file.read(min(_PACKED, self.left))
        if not block:
            raise EOFError("the zip ends in the middle")
        self.left -= len(block)
        self.ready = memoryview(self.inflater.inflate(block))
        self.crc = zlib.crc32(self.ready, self.crc)
        self.size += len(self.ready)
        if self.size > self.info.file_size:
            raise zipfile.BadZipFile(f"{self.info.filename} has more bytes than the zip says")


@contextlib.contextmanager
def _damage(name: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreadableFile(f"{name} is a damaged zip: {error}") from error
    except ValueError as error:
        if "decompressing" not in str(error):
            raise
        raise UnreadableFile(f"{name} is a damaged zip: {error}") from error


def _day(moment: tuple[int, ...]) -> date | None:
    try:
        return date(*moment[:3])
    except ValueError:
        return None
