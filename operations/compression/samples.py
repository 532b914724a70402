"""Which rows of many to show: what the query asks for, decisions, failures, extremes, one of each kind, both ends."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from operations.compression.cells import compact
from operations.compression.decisions import is_decision, is_trouble
from operations.compression.words import WORD, terms

FEW_KINDS = 12  # distinct values of a column whose values are kinds
ASKED_FIRST = 3
COUNTED_ROWS = 20_000  # rows whose values are looked at one by one


def ranked(rows: Sequence[Any], query: str) -> list[int]:
    """The numbers of the rows, those to show first in front."""
    asked = _asked(rows, query)
    seen = rows[:COUNTED_ROWS]
    order = chain(
        asked[:ASKED_FIRST],
        (number for number, row in enumerate(rows) if is_decision(row)),
        (number for number, row in enumerate(rows) if is_trouble(row)),
        asked[ASKED_FIRST : 4 * ASKED_FIRST],
        _extremes(seen),
        [0, len(rows) - 1],
        _kinds(seen),
        asked[4 * ASKED_FIRST :],
        _spread(len(rows)),
    )
    return list(dict.fromkeys(order))


def _asked(rows: Sequence[Any], query: str) -> list[int]:
    """The rows that have words of the query, those with rare ones first."""
    wanted = set(terms(query))
    if not wanted:
        return []
    found = [_wanted_in(row, wanted) for row in rows]
    holding = Counter(term for its in found for term in its)
    # A word that most rows have does not tell them apart.
    telling = {term: 1 / times for term, times in holding.items() if times <= max(1, len(rows) / 2)}
    worth = {number: sum(telling.get(term, 0) for term in sorted(its)) for number, its in enumerate(found) if its}
    return sorted((number for number in worth if worth[number]), key=lambda number: (-worth[number], number))


def _wanted_in(row: Any, wanted: set[str]) -> set[str]:
    text = compact(row).lower()
    if not any(term in text for term in wanted):
        return set()
    return wanted & set(terms(" ".join(WORD.findall(text))))


def _extremes(rows: Sequence[Any]) -> Iterator[int]:
    """The rows with the least and the most of each number."""
    for name in _names(rows):
        numbered = [
            (row[name], number)
            for number, row in enumerate(rows)
            if isinstance(row, dict) and isinstance(row.get(name), int | float) and not isinstance(row[name], bool)
        ]
        if len({value for value, _ in numbered[:1000]}) > 1:
            yield max(numbered, key=lambda pair: (pair[0], -pair[1]))[1]
            yield min(numbered)[1]


def _kinds(rows: Sequence[Any]) -> Iterator[int]:
    """A row for each value of the columns that have few, rare values first."""
    for name in _names(rows):
        first: dict[str, int] = {}
        times: Counter[str] = Counter()
        for number, row in enumerate(rows):
            if isinstance(row, dict) and isinstance(row.get(name), str | bool):
                value = compact(row[name])
                first.setdefault(value, number)
                times[value] += 1
                if len(times) > FEW_KINDS:
                    break
        if 1 < len(times) <= FEW_KINDS:
            yield from (first[value] for value in sorted(times, key=lambda value: (times[value], value)))


def _names(rows: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))[:100]


def _spread(count: int) -> Iterator[int]:
    """All numbers, each further one in the middle of the widest gap, roughly."""
    step = 1 << max(0, count.bit_length())
    while step >= 1:
        yield from range(step // 2, count, step)
        step //= 2
    yield from range(count)
