"""How a roll file is to be read: under its pinned header, by a mapping, or from its first line on if it has no header.

Where none of that fits, the file is refused with a proposal how it might be read.
"""

from collections.abc import Mapping
from typing import IO

import polars as pl

from workers.contract import InvalidParameters
from workers.florida_data import drift
from workers.florida_data.chunks import Chunk
from workers.florida_data.headers import distinct, read_beginning
from workers.florida_data.layouts import HeaderDrift, Layout, Member
from workers.florida_data.mapping import Arrangement
from workers.florida_data.rows import LINE, read_rows
from workers.roll_columns import Column, Kind

# A proposal looks at so much of the file.
FIRST_BYTES = 1 << 16
FIRST_ROWS = 100


class Opening:
    """What the beginning of a file says about reading the rest.

    ``layout`` has the columns as the file has them, for the reading of its rows; `arranged` gives the pinned ones.
    Raises `HeaderDrift`, and `InvalidParameters` for a mapping that does not fit the file.
    """

    def __init__(self, stream: IO[bytes], pinned: Layout, member: Member, mapping: Mapping[str, str] | None):
        header = read_beginning(stream, pinned, member.name)
        self.first_line = 1 if header is None else 2
        self.layout = pinned
        self._arrangement: Arrangement | None = None
        if mapping is not None:
            if header is None:
                raise InvalidParameters(
                    f"mapping: {member.name} has no header, so there is nothing to map", field="mapping"
                )
            names = distinct(header)
            self._arrangement = Arrangement(names, mapping, pinned, member.name)
            self.layout = _as_found(names, pinned)
        elif header is not None:
            _check(header, stream, pinned, member)

    def arranged(self, texts: pl.DataFrame) -> pl.DataFrame:
        """The rows under the pinned columns."""
        return self._arrangement.arranged(texts) if self._arrangement else texts


def _check(header: list[str], stream: IO[bytes], pinned: Layout, member: Member) -> None:
    try:
        pinned.check_header(header, member.name)
    except HeaderDrift as error:
        names = distinct(header)
        raise drift.refuse(error, names, _first_rows(stream, _as_found(names, pinned)), pinned, member) from None


def _as_found(names: list[str], pinned: Layout) -> Layout:
    """A layout of texts with the file's own columns."""
    return Layout(pinned.file_type, tuple(Column(name, Kind.TEXT, 0) for name in names), pinned.key)


def _first_rows(stream: IO[bytes], found: Layout) -> list[list[str]]:
    """The cells of the first rows that can be read."""
    data = stream.read(FIRST_BYTES)
    data = data[: data.rfind(b"\n") + 1]
    if not data:
        return []
    rows = read_rows(Chunk(2, data, data.count(b"\n"), data.count(b'"')), found)
    return [[cell or "" for cell in row] for row in rows.frame.drop(LINE).head(FIRST_ROWS).rows()]
