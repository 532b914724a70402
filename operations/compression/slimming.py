"""Rows without what nobody reads: long addresses and digests, long texts, long lists. Identifiers and amounts stay."""

import re
from collections.abc import Sequence
from itertools import accumulate, takewhile
from typing import Any

from operations.compression.cells import compact
from operations.compression.decisions import is_decision

OPAQUE = 40  # characters without a space: longer ones are addresses or digests
LONG_TEXT = {1: 200, 2: 60}
LONG_LIST = {1: 400, 2: 120}  # characters of its JSON
DEEPEST = 6
SPACE = re.compile(r"\s")


def slim(rows: Sequence[Any], level: int) -> tuple[list[Any], list[str]]:
    """The rows at a ``level`` of slimness (1 or 2), and the names of what was left out. Decisions stay whole."""
    without: dict[str, None] = {}
    slimmed = [row if is_decision(row) else _slim(row, level, (), without) for row in rows]
    return slimmed, list(without)


def _slim(value: Any, level: int, path: tuple[str, ...], without: dict[str, None]) -> Any:
    if isinstance(value, dict):
        return _slim_object(value, level, path, without)
    if isinstance(value, list):
        kept = _beginning(value, LONG_LIST[level])
        if len(kept) == len(value):
            return value
        without[f"{_said(path)} in full"] = None
        return [*kept, f"… {len(value) - len(kept)} more"]
    if isinstance(value, str) and len(value) > LONG_TEXT[level] and SPACE.search(value):
        without[f"{_said(path)} in full"] = None
        return value[: LONG_TEXT[level] - 1] + "…"
    return value


def _slim_object(value: dict[str, Any], level: int, path: tuple[str, ...], without: dict[str, None]) -> Any:
    if len(path) >= DEEPEST:
        without[_said(path)] = None
        return "…"
    kept = {}
    for name, inner in value.items():
        if isinstance(inner, str) and len(inner) > OPAQUE and not SPACE.search(inner):
            without[_said((*path, name))] = None
        else:
            kept[name] = _slim(inner, level, (*path, name), without)
    return kept


def _beginning(value: list[Any], most: int) -> list[Any]:
    """As many of the first elements as have so many characters, and one at least if it has not many more."""
    ends = accumulate(len(compact(one)) + 1 for one in value)
    fitting = sum(1 for _ in takewhile(lambda end: end <= most, ends))
    return value[: max(fitting, int(bool(value) and len(compact(value[0])) <= 4 * most))]


def _said(path: Sequence[str]) -> str:
    return ".".join(path)
