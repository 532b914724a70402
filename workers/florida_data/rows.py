"""Reads a chunk of a roll file into a table of texts: at once if it is regular, line by line where it is not.

Regular means what the published files are: every line one row, quotes only around whole cells, as many cells as the
header. polars reads that quickly, yet it forgives what must not be forgiven: it fills up short rows and drops what
stands beyond the last column. Therefore each line gets a mark as an additional last cell, and only a chunk where every
row has its mark in that place, and as many rows as lines, is taken as read. In any other chunk the lines that may be
irregular are looked at singly, by the rules of RFC 4180.
"""

import re
from dataclasses import dataclass, field

import polars as pl
from polars.exceptions import PolarsError

from workers.florida_data.chunks import LINES_IN_A_ROW, Chunk
from workers.florida_data.layouts import Layout

LINE = "line"  # a row's line number in its file
_MARK = "\x1e"
_MARKED = f",{_MARK}\n".encode()
_MARK_COLUMN, _BEYOND_COLUMN = "mark", "beyond"
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\Z)')

NOT_UTF8 = "not UTF-8"
BROKEN_QUOTES = "broken quotes"
WRONG_CELLS = "wrong number of cells"


@dataclass(frozen=True)
class Reject:
    """A row that goes to the quarantine: its line number, why, and its bytes."""

    line: int
    reasons: list[str]
    raw: bytes


@dataclass
class Rows:
    """What was read of a chunk: ``frame`` has a text column per cell of the layout and the column ``line``."""

    chunk: Chunk
    frame: pl.DataFrame
    rejects: list[Reject] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.frame.height + len(self.rejects)

    def rejected(self, faults: dict[int, list[str]]) -> list[Reject]:
        """The rows with these lines and reasons, with their bytes as the file has them."""
        width = len(self.frame.columns) - 1
        records = dict(_records(self.chunk, width))
        return [Reject(line, reasons, records[line]) for line, reasons in faults.items()]


def read_rows(chunk: Chunk, layout: Layout) -> Rows:
    """The rows of a chunk. Blank cells are null, and quoted blanks are empty texts."""
    frame = _read_regular(chunk.data, layout)
    if frame is None:
        return _read_irregular(chunk, layout)
    lines = pl.int_range(chunk.first_line, chunk.first_line + frame.height, eager=True).alias(LINE)
    return Rows(chunk, frame.with_columns(lines))


def _read_regular(data: bytes, layout: Layout) -> pl.DataFrame | None:
    """The table if all of ``data`` is regular, otherwise None."""
    newlines = data.count(b"\n")
    marked = _marked(data, newlines)
    if marked is None or not _quotes_enclose_cells(data) or not _is_utf8(data):
        return None
    frame = _parsed(marked, layout)
    return frame.drop(_MARK_COLUMN, _BEYOND_COLUMN) if frame is not None and _whole(frame, newlines) else None


def _marked(data: bytes, newlines: int) -> bytes | None:
    """``data`` with the mark at the end of each line, or None if its line ends are of several kinds."""
    if data.count(b"\r\n") == newlines:
        return data.replace(b"\r\n", _MARKED)
    return None if b"\r" in data else data.replace(b"\n", _MARKED)


def _quotes_enclose_cells(data: bytes) -> bool:
    """Whether each pair of quotes begins where a cell does, so that none stands inside a cell."""
    beginnings = data.count(b',"') + data.count(b'\n"') + data.startswith(b'"')
    return data.count(b'"') == 2 * beginnings


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parsed(marked: bytes, layout: Layout) -> pl.DataFrame | None:
    names = [*layout.header, _MARK_COLUMN, _BEYOND_COLUMN]
    try:
        return pl.read_csv(
            marked,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            truncate_ragged_lines=True,
            missing_columns="insert",
        )
    except PolarsError:
        return None


_IS_WHOLE = (pl.col(_MARK_COLUMN) == _MARK).fill_null(value=False) & pl.col(_BEYOND_COLUMN).is_null()


def _whole(frame: pl.DataFrame, newlines: int) -> bool:
    return frame.height == newlines and bool(frame.select(_IS_WHOLE.all()).item())


def _read_irregular(chunk: Chunk, layout: Layout) -> Rows:
    """The rows of a chunk in which some lines are irregular; those are read one by one, the others together."""
    records = _records(chunk, len(layout.header))
    together = [record for record in records if _is_simple(record[1])]
    frame = _parsed(b"".join(_without_end(raw) + _MARKED for _, raw in together), layout) if together else None
    if frame is None or frame.height != len(together):
        return _read_singly(chunk, records, layout)
    frame = frame.with_columns(pl.Series(LINE, [number for number, _ in together], dtype=pl.Int64))
    whole = frame.filter(_IS_WHOLE).drop(_MARK_COLUMN, _BEYOND_COLUMN)
    read = set(whole[LINE].to_list())
    singly = _read_singly(chunk, [record for record in records if record[0] not in read], layout)
    return Rows(chunk, pl.concat([whole, singly.frame]).sort(LINE), singly.rejects)


def _is_simple(raw: bytes) -> bool:
    line = _without_end(raw)
    return b"\n" not in line and _quotes_enclose_cells(line) and _is_utf8(line)


def _read_singly(chunk: Chunk, records: list[tuple[int, bytes]], layout: Layout) -> Rows:
    good: list[tuple[int, list[str | None]]] = []
    rejects: list[Reject] = []
    for number, raw in records:
        cells = _cells(_without_end(raw))
        if isinstance(cells, str):
            rejects.append(Reject(number, [cells], raw))
        elif len(cells) != len(layout.header):
            reason = f"{WRONG_CELLS}: {len(cells)} where {len(layout.header)} were expected"
            rejects.append(Reject(number, [reason], raw))
        else:
            good.append((number, cells))
    frame = pl.DataFrame([cells for _, cells in good], schema=dict.fromkeys(layout.header, pl.String), orient="row")
    lines = pl.Series(LINE, [number for number, _ in good], dtype=pl.Int64)
    return Rows(chunk, frame.with_columns(lines), rejects)


def _records(chunk: Chunk, width: int) -> list[tuple[int, bytes]]:
    """The rows with their first line's number; blank lines hold none. A quoted cell may go on over several lines."""
    lines = [line + b"\n" for line in chunk.data.removesuffix(b"\n").split(b"\n")]
    records: list[tuple[int, bytes]] = []
    position = 0
    while position < len(lines):
        length = _lines_of_record(lines, position, width)
        raw = b"".join(lines[position : position + length])
        if _without_end(raw):
            records.append((chunk.first_line + position, raw))
        position += length
    return records


def _lines_of_record(lines: list[bytes], position: int, width: int) -> int:
    """How many lines the row at ``position`` has; one whose quotes never come to a proper end has its own line only."""
    if lines[position].count(b'"') % 2 == 0:
        return 1
    for length in range(2, min(LINES_IN_A_ROW, len(lines) - position) + 1):
        if lines[position + length - 1].count(b'"') % 2:
            cells = _cells(_without_end(b"".join(lines[position : position + length])))
            return length if not isinstance(cells, str) and len(cells) == width else 1
    return 1


def _without_end(raw: bytes) -> bytes:
    return raw.removesuffix(b"\n").removesuffix(b"\r")


def _cells(line: bytes) -> list[str | None] | str:
    """The cells of a row, or the reason why it has none."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    cells: list[str | None] = []
    position, delimiter = 0, ","
    while delimiter:
        match = _CELL.match(text, position)
        if match is None:
            return BROKEN_QUOTES
        quoted, bare, delimiter = match.groups()
        cells.append(bare or None if quoted is None else quoted.replace('""', '"'))
        position = match.end()
    return cells
