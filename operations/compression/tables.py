"""Rows as a table whose header says what they have in common, and back.

A section of text: its title (``@1 50 rows``), under ``all:`` the columns that have no cells because the header says
all of them, under ``words:`` the texts that are repeated, then the other columns and a line of cells for each row.
Nested objects are columns with dotted names. Lists of objects are tables of their own, whose column ``@`` counts
the rows of the table that they belong to from 1.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from operations.compression import headers, patterns
from operations.compression.blanks import NAME, Pattern, Template
from operations.compression.cells import MISSING, NULL, NotEncoded, end_of_cell, identities, split
from operations.compression.columns import Column
from workers import tokens

Row = dict[str, Any]

DEEPEST = 4  # nested objects become columns down to here
MOST_NAMES = 64  # of a nested object
OWNER = "@"  # the column of a nested table that says which row it belongs to, or of a keyed one that has the keys
SHORTEST_WORD = 6
TOLD_APART = 100  # rows in which a column must vary to be followed
MOST_SOURCES = 40  # columns that others may follow
ABSENT = object()


def write(title: str, rows: Sequence[Row], hoist: Callable[[list[Row]], int]) -> str:
    """A section. ``hoist`` takes the rows of a nested table, whose owner is in the column `OWNER`, for its number."""
    columns = [_column(path, values, hoist) for path, values in _flat(rows, ())]
    plain = [column for column in columns if not column.quoted and not column.child]
    columns = _settle(columns, [column for column in plain if len(set(column.values[:TOLD_APART])) > 1])
    named = {column.name: column for column in columns if not column.quoted}
    cells = [column.cells(named) for column in columns]
    whole = [column for column, its in zip(columns, cells, strict=True) if not any(its)]
    varied = [(column, its) for column, its in zip(columns, cells, strict=True) if any(its)]
    words = _words([its for column, its in varied if not column.is_json])
    code = {text: f"*{number}" for number, text in enumerate(words, 1)}
    lines = [f"{title} rows"]
    if whole:
        lines.append(f"all: {headers.write(whole)}")
    if words:
        lines.append("words: " + ",".join(f"{number}={text}" for number, text in enumerate(words, 1)))
    lines.append(headers.write([column for column, _ in varied]))
    if varied:
        coded = ([code.get(cell, cell) for cell in its] if not column.is_json else its for column, its in varied)
        lines += [",".join(cells).rstrip(",") for cells in zip(*coded, strict=True)]
    return "\n".join(lines)


def _flat(rows: Sequence[Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Every column: its path and its values, `ABSENT` where a row does not have it."""
    for name in dict.fromkeys(name for row in rows if row is not ABSENT for name in row):
        values = [ABSENT if row is ABSENT else row.get(name, ABSENT) for row in rows]
        if not _can_be_flat(name, values, path):
            yield (*path, name), values
            continue
        if any(value is not ABSENT and not _is_object(value) for value in values):
            yield (*path, name), [ABSENT if _is_object(value) else value for value in values]
        yield from _flat([value if _is_object(value) else ABSENT for value in values], (*path, name))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


def _can_be_flat(name: str, values: Sequence[Any], path: tuple[str, ...]) -> bool:
    objects = [value for value in values if _is_object(value)]
    if not objects or len(path) >= DEEPEST or not _is_plain(name):
        return False
    names = {inner for value in objects for inner in value}
    return len(names) <= MOST_NAMES and all(_is_plain(inner) for inner in names)


def _is_plain(name: str) -> bool:
    return "." not in name and ":" not in name and name != OWNER and NAME.fullmatch(name) is not None


def _column(path: tuple[str, ...], values: list[Any], hoist: Callable[[list[Row]], int]) -> Column:
    name = ".".join(path)
    quoted = len(path) == 1 and name != OWNER and not _is_plain(name)
    if not _has_tables(values):
        texts = iter(identities([value for value in values if value is not ABSENT]))
        return Column(name, [MISSING if value is ABSENT else next(texts) for value in values], quoted=quoted)
    owned = [{OWNER: row} | inner for row, value in enumerate(values, 1) if isinstance(value, list) for inner in value]
    child = hoist(owned)
    kept = [MISSING if value is ABSENT else NULL if value is None else f'"@{child}"' for value in values]
    return Column(name, kept, child=child, quoted=quoted)


def _has_tables(values: Sequence[Any]) -> bool:
    """Are these lists of objects, enough of them to be worth a table?"""
    lists = [value for value in values if value is not ABSENT and value is not None]
    if not all(isinstance(value, list) for value in lists):
        return False
    inner = [one for value in lists for one in value]
    return len(inner) > 1 and all(isinstance(one, dict) and OWNER not in one for one in inner)


def _settle(columns: Sequence[Column], varied: Sequence[Column]) -> list[Column]:
    """Choose what empty cells mean. A column may follow a varied one that follows none itself, and is not followed.

    Gives the columns, with those that were made to say others.
    """
    sources = {column.name: column.values for column in varied[:MOST_SOURCES]}
    followed: set[str] = set()
    settled: list[Column] = []
    for column in columns:
        its = {name: values for name, values in sources.items() if name != column.name}
        is_followed = column.name in followed and not column.quoted
        column.settle({} if is_followed else its)
        helpers = [] if is_followed or column.quoted or column.child else patterns.spread(column, its)
        for one in (*helpers, column):
            followed |= set(one.blank.follows) if one.blank else set()
        if column.blank and column.blank.follows:
            sources.pop(column.name, None)
        settled += [*helpers, column]
    return settled


def _words(columns: Sequence[list[str]]) -> list[str]:
    """The cells that are long and frequent enough to be written once, most frequent first."""
    times = Counter(cell for its in columns for cell in its if len(cell) >= SHORTEST_WORD)
    repeated = [(cell, count) for cell, count in times.items() if count > 1 and not cell.startswith("\\")]
    saving = []
    for cell, count in repeated:
        needed = tokens.count("," + cell)
        if count * (needed - 2) > needed + 4:
            saving.append((-count, cell))
    return [cell for _, cell in sorted(saving)]


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
    """When a column is read: first those that follow none, then those that follow one, then those made to a pattern."""
    return 2 if isinstance(column.blank, Pattern) else int(isinstance(column.blank, Template))


def _next(lines: Iterator[str]) -> str:
    line = next(lines, None)
    if line is None:
        raise NotEncoded("The text ends in the middle of a table")
    return line


def _read_words(line: str) -> list[str]:
    words, position = [], 0
    while position < len(line):
        start = line.index("=", position) + 1
        position = end_of_cell(line, start, False)
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
