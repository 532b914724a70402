"""Counts the rows of a CSV file by the rules of RFC 4180, apart from how `process` reads it.

Most of a roll is regular: in every line the quotes pair up, so that each line is a row. Such blocks are counted at
once; in any other the lines are looked at one by one.
"""

import csv
import io
import itertools
from collections import deque
from collections.abc import Iterable
from typing import IO

import numpy as np

from workers.contract import Call

BLOCK_BYTES = 1 << 20
# A quoted cell that holds more line ends than this is an unclosed quote.
MOST_LINES = 20
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


def count_records(call: Call, lines: IO[bytes], *, headed: bool = True) -> int:
    """The rows of a CSV file beneath its header; blank lines are none. A quoted cell may go on over several lines.

    A line whose quotes do not pair up, and do not come to an end with the right number of cells, is a row by itself.
    """
    width = lines.readline().count(b",") + 1
    if not headed:
        lines.seek(0)
    records = 0
    while block := lines.read(BLOCK_BYTES) + lines.readline():
        regular = _count_regular(block)
        records += _count_singly(block, lines, width) if regular is None else regular
        call.progress(records, None, "counting the rows of the source")
    return records


def _count_regular(block: bytes) -> int | None:
    """The rows of whole lines if each is a row or blank, otherwise None."""
    found = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(found == _NEWLINE)
    if not block.endswith(b"\n") or (np.searchsorted(np.flatnonzero(found == _QUOTE), ends) % 2).any():
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    blank = (lengths == 0) | ((lengths == 1) & (found[ends - 1] == _RETURN))
    return len(ends) - int(np.count_nonzero(blank))


def _count_singly(block: bytes, lines: IO[bytes], width: int) -> int:
    """The rows that begin in ``block``; the last may go on in the ``lines`` after it, which then stand further on."""
    records = 0
    ahead = deque(io.BytesIO(block))
    while ahead:
        line = ahead.popleft()
        if line.count(b'"') % 2:
            ahead.extend(itertools.islice(lines, max(0, MOST_LINES - 1 - len(ahead))))
            for _ in range(_lines_that_follow(line, ahead, width)):
                ahead.popleft()
        records += line not in (b"\r\n", b"\n")
    return records


def _lines_that_follow(line: bytes, ahead: Iterable[bytes], width: int) -> int:
    """How many of the next lines belong to the row that ``line`` begins."""
    for number, following in enumerate(itertools.islice(ahead, MOST_LINES - 1), 1):
        line += following
        if following.count(b'"') % 2 and _is_row(line, width):
            return number
    return 0


def _is_row(content: bytes, width: int) -> bool:
    """Whether these bytes are a row of so many cells. What letters they are in does not matter for that."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("latin-1"), newline=""), strict=True))
    except csv.Error:
        return False
    return len(rows) == 1 and len(rows[0]) == width
