"""Cuts a file of fixed-width records into chunks of records, whatever happened to its line ends.

A regular file is records of one width with the same line end after each. Some copies have others: records that lost
their filler, that stand on two lines, or that are cut. Only the stretch where that happens is read line by line.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from workers.sunbiz.layouts import Layout

CHUNK_RECORDS = 10_000
# A record that was broken by line ends has at most this many lines.
LINES_IN_A_RECORD = 4


@dataclass
class Chunk:
    """Records with the numbers of their first lines, those that are none with the reason, and the bytes they took."""

    lines: list[int] | range
    records: list[bytes]
    size: int
    broken: list[tuple[int, bytes, str]] = field(default_factory=list)


def read_chunks(stream: IO[bytes], layout: Layout, count: int = CHUNK_RECORDS) -> Iterator[Chunk]:
    """All of a file, about ``count`` records at a time."""
    block = count * (layout.width + 2)
    line, rest, at_end = 1, b"", False
    while not at_end:
        data = stream.read(block - len(rest))
        at_end = not data
        data = rest + data
        chunk, following = _regular(data, layout, line) or _irregular(data, layout, line, at_end=at_end)
        rest, line = data[chunk.size :], following
        if chunk.records or chunk.broken:
            yield chunk


def _regular(data: bytes, layout: Layout, first_line: int) -> tuple[Chunk, int] | None:
    """The whole records at the beginning of ``data`` and the next line's number; None if one is irregular."""
    width = layout.width
    end = b"\r\n" if data[width : width + 2] == b"\r\n" else b"\n"
    stride = width + len(end)
    count = len(data) // stride
    size = count * stride
    for offset, byte in enumerate(end):
        if data[width + offset : size : stride] != bytes([byte]) * count:
            return None
    if not count or data.count(b"\n", 0, size) != count:
        return None
    records = [data[start : start + width] for start in range(0, size, stride)]
    return Chunk(range(first_line, first_line + count), records, size), first_line + count


def _irregular(data: bytes, layout: Layout, first_line: int, *, at_end: bool) -> tuple[Chunk, int]:
    """The same, line by line. What may go on in the next block is left, unless there is none."""
    chunk, line, start = Chunk([], [], 0), first_line, 0
    lines: list[int] = []
    limit = len(data) if at_end else len(data) - LINES_IN_A_RECORD * (layout.width + 2)
    while start < limit:
        found, length = _record(data, start, layout)
        here = line
        line += data.count(b"\n", start, start + length)
        start += length
        if isinstance(found, bytes):
            lines.append(here)
            chunk.records.append(found)
        elif found:
            chunk.broken.append((here, data[start - length : start], found))
    chunk.lines, chunk.size = lines, start
    return chunk, line


def _record(data: bytes, start: int, layout: Layout) -> tuple[bytes | str, int]:
    """The record at ``start``, or the reason why it is none (empty for a blank line); and the bytes that it took."""
    whole = data[start : start + layout.width]
    if len(whole) == layout.width and (length := _line_end(data, start + layout.width)) is not None:
        return whole, layout.width + length
    first = _line(data, start)
    content = first.rstrip(b"\r\n")
    if not content:
        return "", len(first)
    joined, taken = content, len(first)
    for _ in range(LINES_IN_A_RECORD):
        if _is_whole(joined, layout):
            return joined.ljust(layout.width), taken
        following = _line(data, start + taken).rstrip(b"\r\n")
        if len(joined) > layout.width or _is_whole(following, layout):
            break
        taken += len(_line(data, start + taken))
        joined += following
    return f"{len(content)} bytes where {layout.width} were expected", len(first)


def _is_whole(line: bytes, layout: Layout) -> bool:
    return layout.least <= len(line) <= layout.width


def _line_end(data: bytes, position: int) -> int | None:
    """How many bytes the line end at ``position`` has, none at the end of the data; None if there is no line end."""
    if position == len(data):
        return 0
    return next((len(end) for end in (b"\r\n", b"\n") if data.startswith(end, position)), None)


def _line(data: bytes, start: int) -> bytes:
    end = data.find(b"\n", start)
    return data[start:] if end < 0 else data[start : end + 1]
