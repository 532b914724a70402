"""The header of a table: its columns as one line, and back.

Neighbours whose empty cells mean the same value are written ``A&B=value``.
"""

import json
import re
from collections.abc import Sequence
from itertools import zip_longest

from operations.compression import blanks
from operations.compression.blanks import NAME, Literal
from operations.compression.cells import NotEncoded, end_of_cell
from operations.compression.columns import Column

KIND = re.compile(r"(#|@[1-9][0-9]*)?(?:\{([^|}]*)\|?([^|}]*)\})?")

_decoder = json.JSONDecoder()


def write(columns: Sequence[Column]) -> str:
    """The columns as one line."""
    line = ""
    for column, following in zip_longest(columns, columns[1:]):
        shares = following and isinstance(column.blank, Literal) and column.rule() == following.rule()
        if shares and not column.has_affixes:
            line += column.label() + "&"
        else:
            line += column.spec() + ("," if following else "")
    return line


def parse(line: str) -> list[Column]:
    """The columns that `write` wrote, with what their empty cells mean. Raises `NotEncoded`."""
    columns: list[Column] = []
    waiting: list[Column] = []
    position = 0
    while position < len(line):
        column, position = _label(line, position)
        columns.append(column)
        waiting.append(column)
        following = line[position : position + 1]
        if following == "&":
            position += 1
            continue
        if following == "=":
            end = end_of_cell(line, position + 1, column.is_json)
            for one in waiting:
                one.blank = blanks.parse(line[position + 1 : end], one.is_json)
            position, following = end, line[end : end + 1]
        if following not in ("", ","):
            raise _unreadable(line, position)
        waiting.clear()
        position += 1
    return columns


def _label(line: str, position: int) -> tuple[Column, int]:
    """The column whose name and type begin at ``position``, and where they end."""
    if line[position] == '"':
        try:
            name, end = _decoder.raw_decode(line, position)
        except ValueError:
            raise _unreadable(line, position) from None
    elif found := NAME.match(line, position):
        name, end = found[0], found.end()
    else:
        raise _unreadable(line, position)
    kind = KIND.match(line, end)
    if kind is None:  # it matches nothing, too
        raise _unreadable(line, end)
    mark = kind[1] or ""
    column = Column(name, is_json=mark == "#", quoted=line[position] == '"')
    column.child = int(mark[1:]) if mark.startswith("@") else 0
    column.before, column.after = kind[2] or "", kind[3] or ""
    return column, kind.end()


def _unreadable(line: str, position: int) -> NotEncoded:
    return NotEncoded(f"A header is not readable at {line[position : position + 40]!r}")
