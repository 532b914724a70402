"""Cuts the bytes of a roll file into chunks that end where a row ends, so that each can be read by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from workers.contract import ActionError

CHUNK_BYTES = 8 << 20
LONGEST_HEADER = 1 << 16
# A cell in quotes may hold line ends, but one that holds more than this is an unclosed quote.
LINES_IN_A_ROW = 20
FEW_BYTES = 1 << 14
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Chunk:
    """Whole rows, each ended by a newline: the number of the first line (the header is line 1), the bytes, and how
    many newlines and quotes are in them."""

    first_line: int
    data: bytes
    newlines: int
    quotes: int


def count(data: bytes, pattern: bytes) -> int:
    """How often a pattern of one or two different bytes is in ``data``; quicker than `bytes.count` if that is often."""
    if len(data) < FEW_BYTES:
        return data.count(pattern)
    found = np.frombuffer(data, np.uint8)
    if len(pattern) == 1:
        return int(np.count_nonzero(found == pattern[0]))
    return int(np.count_nonzero((found[:-1] == pattern[0]) & (found[1:] == pattern[1])))


def read_header(stream: IO[bytes], file: str) -> list[str]:
    """The names in the first line. Raises `ActionError` that names ``file`` if that is no header."""
    line = stream.readline(LONGEST_HEADER)
    if not line:
        raise ActionError(f"{file} is empty")
    text = line.removeprefix(BOM).decode("ascii", "replace").rstrip("\r\n")
    if not line.endswith(b"\n") and len(line) == LONGEST_HEADER:
        raise ActionError(
            f"{file} does not begin with a header: its first line has no end within {LONGEST_HEADER} bytes"
        )
    return [name.strip().strip('"').strip() for name in text.split(",")]


def read_chunks(stream: IO[bytes], size: int = CHUNK_BYTES, *, first_line: int = 2) -> Iterator[Chunk]:
    """The rest of a file, from ``first_line`` on (after its header), in chunks of about ``size`` bytes."""
    line, rest = first_line, b""
    while block := stream.read(size):
        data = rest + block
        chunk = _whole_rows(line, data)
        rest = data[len(chunk.data) :]
        if chunk.data:
            yield chunk
        line += chunk.newlines
    if rest:
        yield _chunk(line, rest if rest.endswith(b"\n") else rest + b"\n")


def _chunk(first_line: int, data: bytes) -> Chunk:
    return Chunk(first_line, data, count(data, b"\n"), count(data, b'"'))


def _whole_rows(first_line: int, data: bytes) -> Chunk:
    """The rows that end in ``data``.

    A newline ends a row if the quotes before it pair up. If no such newline is near the end, an unclosed quote must
    have come before; then the last newline serves, and reading the rows tells which of them are broken.
    """
    longest = _chunk(first_line, data[: data.rfind(b"\n") + 1])
    if longest.quotes % 2 == 0:
        return longest
    cut, open_quote = len(longest.data), 1
    for _ in range(LINES_IN_A_ROW):
        before = data.rfind(b"\n", 0, cut - 1) + 1
        open_quote ^= data.count(b'"', before, cut) % 2
        cut = before
        if not open_quote:
            return _chunk(first_line, data[:cut]) if cut else longest
    return longest
