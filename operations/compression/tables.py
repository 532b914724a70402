"""Rows as a table whose header says what they have in common; `table_reading` reads it.

A section of text: its title (``@1 50 rows``), under ``all:`` the columns that have no cells because the header says
all of them, under ``words:`` the texts that are repeated, then the other columns and a line of cells for each row.
Nested objects are columns with dotted names. Lists of objects are tables of their own, whose column ``@`` counts
the rows of the table that they belong to from 1.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from operations.compression import headers, patterns
from operations.compression.blanks import NAME
from operations.compression.cells import MISSING, NULL, compact, identities
from operations.compression.columns import OWNER, Column
from workers import tokens

Row = dict[str, Any]

DEEPEST = 4  # nested objects become columns down to here
MOST_NAMES = 64  # of a nested object
LARGE = 6  # names of an object that is written once as a whole where it is repeated
SHORTEST_WORD = 6
TOLD_APART = 100  # rows in which a column must vary to be followed
MOST_SOURCES = 40  # columns that others may follow
COUNTED = 60  # rows that decide on the order of the columns
ABSENT = object()
Cells = tuple[Column, list[str]]


def write(title: str, rows: Sequence[Row], hoist: Callable[[list[Row]], int]) -> str:
    """A section. ``hoist`` takes the rows of a nested table, whose owner is in the column `OWNER`, for its number."""
    columns = [_column(path, values, hoist) for path, values in _flat(rows, ())]
    plain = [column for column in columns if not column.quoted and not column.child]
    columns = _settle(columns, [column for column in plain if len(set(column.values[:TOLD_APART])) > 1])
    named = {column.name: column for column in columns if not column.quoted}
    cells = [column.cells(named) for column in columns]
    whole = _alike_together([column for column, its in zip(columns, cells, strict=True) if not any(its)])
    varied = _in_order([(column, its) for column, its in zip(columns, cells, strict=True) if any(its)])
    texts, data = ([its for column, its in varied if column.is_json == is_json] for is_json in (False, True))
    words = [(cell, "") for cell in _words(texts)] + [(cell, "#") for cell in _words(data)]
    code = {(kind == "#", text): f"*{number}" for number, (text, kind) in enumerate(words, 1)}
    lines = [f"{title} rows"]
    if whole:
        lines.append(f"all: {headers.write(whole)}")
    if words:
        lines.append("words: " + ",".join(f"{number}{kind}={text}" for number, (text, kind) in enumerate(words, 1)))
    lines.append(headers.write([column for column, _ in varied]))
    if varied:
        coded = ([code.get((column.is_json, cell), cell) for cell in its] for column, its in varied)
        lines += _lines(list(coded))
    return "\n".join(lines)


def _in_order(varied: list[Cells]) -> list[Cells]:
    """The columns as they came, or those with many empty cells behind where that is shorter: no row says its end."""
    fullest = sorted(varied, key=lambda one: (one[0].name != OWNER, sum(not cell for cell in one[1])))
    return min(varied, fullest, key=lambda its: tokens.count("\n".join(_lines([cells[:COUNTED] for _, cells in its]))))


def _lines(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows of columns of cells."""
    return (",".join(its).rstrip(",") for its in zip(*cells, strict=True))


def _alike_together(columns: Sequence[Column]) -> list[Column]:
    """The columns, those with one meaning of empty cells as neighbours: the header says it once."""
    by_rule: dict[str, list[Column]] = {}
    for column in columns:
        by_rule.setdefault(column.rule(), []).append(column)
    return [column for its in by_rule.values() for column in its]


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
    if len(names) >= LARGE and 2 * len({compact(value) for value in objects}) <= len(objects):
        return False
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
