"""Reads a chunk of a roll file into a table of texts: at once if it is regular, line by line where it is not.

Regular means what the published files are: every line one row, quotes only around whole cells, as many cells as the
header. polars reads that quickly and refuses longer rows, yet it fills up shorter ones and drops quotes inside cells.
So its table is only taken if it has as many rows as there are lines, and the cells, the commas between them, the quotes
and the line ends make up every byte of the chunk. In any other chunk the lines that may be irregular are read singly,
by the rules of RFC 4180.
"""

import re
from dataclasses import dataclass, field

import polars as pl
from polars.exceptions import PolarsError

from workers.florida_data.chunks import LINES_IN_A_ROW, Chunk, count
from workers.florida_data.layouts import Layout

LINE = "line"  # a row's line number in its file
_MARK = "\x1e"
_MARKED = f",{_MARK}\n".encode()
_MARK_COLUMN, _BEYOND_COLUMN = "mark", "beyond"
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\Z)')

NUL = "a NUL byte"
WINDOWS = "not UTF-8: read as Windows-1252"
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
    """What was read of a chunk: ``frame`` has a text column per cell of the layout and the column ``line``.

    ``doubtful`` are the lines of rows in the frame whose bytes are not UTF-8.
    """

    chunk: Chunk
    frame: pl.DataFrame
    rejects: list[Reject] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)

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
    frame = _read_regular(chunk, layout)
    if frame is None:
        return _read_irregular(chunk, layout)
    lines = pl.int_range(chunk.first_line, chunk.first_line + frame.height, eager=True).alias(LINE)
    return Rows(chunk, frame.with_columns(lines))


def _read_regular(chunk: Chunk, layout: Layout) -> pl.DataFrame | None:
    """The table if all of the chunk is regular, otherwise None."""
    if not _quotes_enclose_cells(chunk.data, chunk.quotes) or not _is_utf8(chunk.data):
        return None
    frame = _parsed(chunk.data, list(layout.header))
    return frame if frame is not None and _is_complete(frame, chunk) else None


def _is_complete(frame: pl.DataFrame, chunk: Chunk) -> bool:
    """Whether the table has a row for each line, and its cells account for every byte of the chunk."""
    returns = count(chunk.data, b"\r")
    if frame.height != chunk.newlines or returns not in (0, chunk.newlines):
        return False
    cells = frame.select(pl.sum_horizontal(pl.all().str.len_bytes().sum())).item()
    commas = frame.height * (frame.width - 1)
    return len(chunk.data) == cells + commas + chunk.quotes + chunk.newlines + returns


def _quotes_enclose_cells(data: bytes, quotes: int) -> bool:
    """Whether each pair of quotes begins where a cell does, so that none stands inside a cell."""
    beginnings = count(data, b',"')
    return quotes == 2 * beginnings or quotes == 2 * (beginnings + count(data, b'\n"') + data.startswith(b'"'))


def _is_utf8(data: bytes) -> bool:
    """Whether the bytes are text that every database takes."""
    if b"\0" in data:
        return False
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parsed(data: bytes, names: list[str], *, cut_long_rows: bool = False) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            data,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            truncate_ragged_lines=cut_long_rows,
            missing_columns="insert",
        )
    except PolarsError:
        return None


def _read_irregular(chunk: Chunk, layout: Layout) -> Rows:
    """The rows of a chunk in which some lines are irregular; those are read one by one, the others together."""
    records = _records(chunk, len(layout.header))
    together = [record for record in records if _is_simple(record[1])]
    frame = _read_marked(together, layout) if together else None
    if frame is None or frame.height != len(together):
        return _read_singly(chunk, records, layout)
    frame = frame.with_columns(pl.Series(LINE, [number for number, _ in together], dtype=pl.Int64))
    whole = frame.filter(pl.col(_MARK_COLUMN) == _MARK, pl.col(_BEYOND_COLUMN).is_null())
    whole = whole.drop(_MARK_COLUMN, _BEYOND_COLUMN)
    read = set(whole[LINE].to_list())
    singly = _read_singly(chunk, [record for record in records if record[0] not in read], layout)
    return Rows(chunk, pl.concat([whole, singly.frame]).sort(LINE), singly.rejects, singly.doubtful)


def _read_marked(records: list[tuple[int, bytes]], layout: Layout) -> pl.DataFrame | None:
    """The table of these rows with a mark as an additional last cell: where it stands tells how long the row was."""
    data = b"".join(_without_end(raw) + _MARKED for _, raw in records)
    return _parsed(data, [*layout.header, _MARK_COLUMN, _BEYOND_COLUMN], cut_long_rows=True)


def _is_simple(raw: bytes) -> bool:
    line = _without_end(raw)
    return b"\n" not in line and _quotes_enclose_cells(line, line.count(b'"')) and _is_utf8(line)


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
    kept = dict(records)
    return Rows(chunk, frame.with_columns(lines), rejects, [line for line, _ in good if not _is_utf8(kept[line])])


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
    if b"\0" in line:
        return NUL
    text = _text(line)
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


def _text(line: bytes) -> str:
    """The text of a row: UTF-8, or else what Windows writes; of five bytes that mean nothing there, Latin-1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in line)
