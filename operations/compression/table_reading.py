"""Tables as they were written, back as rows."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from operations.compression import headers
from operations.compression.blanks import Pattern, Template
from operations.compression.cells import MISSING, NULL, NotEncoded, end_of_cell, split
from operations.compression.columns import OWNER, Column

Row = dict[str, Any]


def read(lines: Iterator[str], count: int) -> list[Column]:
    """The columns of a section of ``count`` rows whose title has been read. Raises `NotEncoded`."""
    line = _next(lines)
    whole: list[Column] = []
    words: list[str] = []
    if line.startswith("all: "):
        whole, line = headers.parse(line.removeprefix("all: ")), _next(lines)
    if line.startswith("words: "):
        words, line = _read_words(line.removeprefix("words: ")), _next(lines)
    varied = headers.parse(line)
    cells = _read_cells(lines, count, varied, words) if varied else []
    named = {column.name: column for column in [*varied, *whole] if not column.quoted}
    given = [*zip(varied, cells, strict=True), *((column, [""] * count) for column in whole)]
    for column, its in sorted(given, key=lambda pair: _turn(pair[0])):
        column.take(its, named)
    return [*whole, *varied]


def _turn(column: Column) -> int:
    """When a column is read: those that follow none, those that follow such, those that have helpers."""
    if isinstance(column.blank, Pattern):
        return 3 if any(":" in name for name in column.blank.follows) else 2
    return int(isinstance(column.blank, Template))


def _next(lines: Iterator[str]) -> str:
    line = next(lines, None)
    if line is None:
        raise NotEncoded("The text ends in the middle of a table")
    return line


def _read_words(line: str) -> list[str]:
    words, position = [], 0
    while position < len(line):
        start = line.index("=", position) + 1
        position = end_of_cell(line, start, line[start - 2] == "#")
        words.append(line[start:position])
        position += 1
    return words


def _read_cells(lines: Iterator[str], count: int, columns: list[Column], words: list[str]) -> list[list[str]]:
    are_json = [column.is_json for column in columns]
    cells: list[list[str]] = [[] for _ in columns]
    word = {f"*{number}": text for number, text in enumerate(words, 1)}
    for _ in range(count):
        for its, cell in zip(cells, split(_next(lines), are_json), strict=True):
            its.append(word.get(cell, cell))
    return cells


def rows(columns: Sequence[Column], count: int, children: Callable[[int], Sequence[Row]]) -> list[Row]:
    """The rows of columns that were read. ``children`` gives the rows of a nested table."""
    made: list[Row] = [{} for _ in range(count)]
    for column in (column for column in columns if not column.helps):
        path = [column.name] if column.quoted else column.name.split(".")
        value = {identity: json.loads(identity) for identity in set(column.values) - {MISSING}}
        lists = _lists(children(column.child), count) if column.child else []
        for number, identity in enumerate(column.values):
            if identity != MISSING:
                is_list = column.child and identity != NULL
                _put(made[number], path, lists[number] if is_list else _own(value[identity], identity))
    return made


def _own(value: Any, identity: str) -> Any:
    """A row shares no list or object with another row."""
    return json.loads(identity) if isinstance(value, list | dict) else value


def _put(row: Row, path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        row = row.setdefault(name, {})
    row[path[-1]] = value


def _lists(owned: Sequence[Row], count: int) -> list[list[Row]]:
    """The nested rows by the row that they belong to."""
    lists: list[list[Row]] = [[] for _ in range(count)]
    for row in owned:
        lists[row[OWNER] - 1].append({name: value for name, value in row.items() if name != OWNER})
    return lists
