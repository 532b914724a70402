"""Any JSON value as text in which its lists of objects are tables, and back, exactly.

The text is compact JSON where nothing is gained. Else a first line is JSON in which ``"@1"`` stands for table 1
(left out if the whole value is that table), and the tables follow. A string that begins with @ has a second one.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.compression import table_reading, tables
from operations.compression.cells import NotEncoded, compact
from operations.compression.columns import OWNER
from operations.compression.sizes import tokens_in
from operations.compression.tables import Row

# What a prompt says about such texts, once.
LEGEND = (
    'Data may come as tables: "@1" stands for table 1 below. all: columns whose value is the same in every row. '
    "In the header, NAME=value says what an empty cell means: that value, ^ the cell above (^+1: plus 1), <OTHER> the "
    "text of that column, <OTHER[12]> its first 12 characters (NAME:1 is one that only fills such a gap); "
    r"NAME{a|b} that its texts begin with a and end with b. # marks numbers and JSON, *7 word 7, \N null, \M absent. "
    "#E2.rows.17 refers to row 17 (from 0) of the rows in the result of step E2."
)
TITLE = re.compile(r"@([1-9][0-9]*) ([0-9]+) (rows|keyed rows|list rows)")
KEYED, LISTS, OBJECTS = "keyed", "list", ""
FEWEST = 2  # rows of a table
DEEPEST = 12  # levels down to which tables are looked for
SPARSEST = 0.05  # share of its columns that a row has on average: with less, a table is mostly gaps
ALIKE = 0.5  # share of its columns that a row has, where objects or lists are taken for rows


def encode(value: Any) -> str:
    """``value`` (of JSON's types) as text that `decode` turns back into an equal value."""
    plain = compact(value)
    document = Document()
    try:
        skeleton = compact(document.part(value))
    except RecursionError:  # deeper than any data
        return plain
    if not document.sections:
        return plain
    text = "\n".join(document.in_order() if skeleton == '"@1"' else [skeleton, *document.in_order()])
    return text if tokens_in(text) < tokens_in(plain) else plain


@dataclass
class Document:
    """The tables of a text while it is written."""

    sections: dict[int, str] = field(default_factory=dict)
    last: int = 0

    def in_order(self) -> Iterator[str]:
        return (self.sections[number] for number in sorted(self.sections))

    def part(self, value: Any, depth: int = 0) -> Any:
        """``value`` with its tables replaced by their numbers."""
        if isinstance(value, str):
            return f"@{value}" if value.startswith("@") else value
        if not isinstance(value, dict | list) or not value:
            return value
        form, rows = as_rows(value) if depth < DEEPEST else (OBJECTS, [])
        if rows and (number := self._table(value, form, rows)):
            return f"@{number}"
        if isinstance(value, dict):
            return {name: self.part(inner, depth + 1) for name, inner in value.items()}
        return [self.part(inner, depth + 1) for inner in value]

    def _table(self, value: Any, form: str, rows: list[Row]) -> int:
        """The number of a table for these rows; 0 where compact JSON is shorter."""
        tried = Document(last=self.last)
        number = tried.hoist(rows, form)
        if tokens_in("\n".join(tried.sections.values())) + 2 >= tokens_in(compact(value)):
            return 0
        self.sections |= tried.sections
        self.last = tried.last
        return number

    def hoist(self, rows: list[Row], form: str = OBJECTS) -> int:
        """Write a table, and those nested in it. Its number."""
        self.last += 1
        number = self.last
        title = f"@{number} {len(rows)}" + (f" {form}" if form else "")
        self.sections[number] = tables.write(title, rows, self.hoist)
        return number


def as_rows(value: Any) -> tuple[str, list[Row]]:
    """The rows that a list or an object is made of and how, or no rows where it is none."""
    if isinstance(value, dict):
        rows = [{OWNER: key, **inner} for key, inner in value.items() if isinstance(inner, dict) and OWNER not in inner]
        return KEYED, rows if len(rows) == len(value) and _alike(rows) else []
    if all(isinstance(one, dict) and OWNER not in one for one in value):
        return OBJECTS, value if len(value) >= FEWEST and _filled(value) >= SPARSEST else []
    if all(isinstance(one, list) and one for one in value):
        rows = [{str(number): inner for number, inner in enumerate(one, 1)} for one in value]
        return LISTS, rows if _alike(rows) else []
    return OBJECTS, []


def _alike(rows: Sequence[Row]) -> bool:
    """Do these objects have about the same names?"""
    return len(rows) >= FEWEST and _filled(rows) >= ALIKE


def _filled(rows: Sequence[Row]) -> float:
    """The share of a table's cells that the rows have."""
    names = {name for row in rows for name in row}
    return sum(map(len, rows)) / (len(names) * len(rows)) if names else 1.0


def decode(text: str) -> Any:
    """The value that `encode` wrote. Raises `NotEncoded` for any other text."""
    try:
        return _decoded(text)
    except (LookupError, ValueError, TypeError, RecursionError) as error:
        raise error if isinstance(error, NotEncoded) else NotEncoded(f"Not a text of tables: {error}") from error


def _decoded(text: str) -> Any:
    if not text.startswith("@") and "\n" not in text:
        return _json(text)
    lines = iter(text.split("\n"))
    skeleton = _json(next(lines)) if not text.startswith("@") else "@1"
    read: dict[int, tuple[str, int, Any]] = {}
    for line in lines:
        title = TITLE.fullmatch(line)
        if not title:
            raise NotEncoded(f"Not the title of a table: {line[:80]!r}")
        count = int(title[2])
        read[int(title[1])] = title[3].removesuffix("rows").strip(), count, table_reading.read(lines, count)
    return _Reader(read).part(skeleton)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise NotEncoded(f"Neither JSON nor a table: {text[:80]!r}") from error


@dataclass
class _Reader:
    """Puts the tables of a text back into their places."""

    read: dict[int, tuple[str, int, Any]]

    def part(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("@"):
            return value[1:] if value.startswith("@@") else self.table(value)
        if isinstance(value, dict):
            return {name: self.part(inner) for name, inner in value.items()}
        return [self.part(inner) for inner in value] if isinstance(value, list) else value

    def table(self, name: str) -> Any:
        form, rows = self._rows(int(name[1:]) if name[1:].isdecimal() else 0)
        if form == KEYED:
            return {row.pop(OWNER): row for row in rows}
        if form == LISTS:
            return [[row[name] for name in sorted(row, key=int)] for row in rows]
        return rows

    def _rows(self, number: int) -> tuple[str, list[Row]]:
        if number not in self.read:
            raise NotEncoded(f"There is no table {number}")
        form, count, columns = self.read[number]
        return form, table_reading.rows(columns, count, lambda child: self._rows(child)[1])
