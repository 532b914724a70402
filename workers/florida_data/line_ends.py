"""Files whose lines end with a carriage return alone, as old Macintosh programs wrote them, read as any other."""

import io
from typing import IO, Any, cast

LOOK = 1 << 16


def with_newlines(stream: IO[bytes]) -> IO[bytes]:
    """The file from its beginning: itself, or one with a newline for each carriage return if it has no newline."""
    beginning = stream.read(LOOK)
    stream.seek(0)
    if b"\r" not in beginning or b"\n" in beginning:
        return stream
    return cast(IO[bytes], io.BufferedReader(_Newlines(stream)))


class _Newlines(io.RawIOBase):
    """A file with newlines in place of carriage returns, so that each byte stays where it is."""

    def __init__(self, stream: IO[bytes]):
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        content = self._stream.read(len(view)).replace(b"\r", b"\n")
        view[: len(content)] = content
        return len(content)
