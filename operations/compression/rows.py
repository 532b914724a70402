"""Many rows in few tokens: all of them without what nobody reads, else figures about each column and some rows."""

from collections.abc import Sequence
from typing import Any

from operations.compression import aggregates, documents, samples, slimming
from operations.compression.sizes import tokens_in

Json = dict[str, Any]

FIGURES = 0.4  # of the share, at most
DETAIL = ((5, 60), (3, 60), (1, 40), (1, 20), (0, 20), (0, 8))  # top values and columns that figures tell of
PROBED = 200  # rows from which the cost of all is told
TOKENS_OF_A_ROW = 3  # at least


def within(value: list[Any] | Json, share: int, query: str, where: str) -> tuple[Json, str]:
    """What to show of a list or an object in about ``share`` tokens, and what was left out, in words."""
    rows = as_rows(value)
    told = _all_of_them(rows, share, where) or _some_of_them(rows, share, query, where)
    shown = len(told["shown"])
    without = ", ".join(told.get("without", []))
    if shown == len(rows):
        return told, f"{without} of {shown} rows"
    return told, f"{len(rows) - shown} of {len(rows)} rows"


def as_rows(value: list[Any] | Json) -> list[Json]:
    """Entries of an object have their name as ``key``; what is no object is a ``value``."""
    if isinstance(value, dict):
        return [{"key": key, **_as_row(inner)} for key, inner in value.items()]
    return [_as_row(one) for one in value]


def _as_row(value: Any) -> Json:
    return value if isinstance(value, dict) else {"value": value}


def _all_of_them(rows: Sequence[Json], share: int, where: str) -> Json | None:
    """All rows without long addresses, digests and texts, if that is enough."""
    for level in (1, 2):
        probe, _ = slimming.slim(rows[:PROBED], level)
        if len(rows) > PROBED and _cost(probe) * len(rows) / PROBED > 1.5 * share:
            continue
        slimmed, without = slimming.slim(rows, level)
        told = {"rows": len(rows), "all at": where, "without": without, "shown": slimmed}
        if without and _cost(told) <= share:
            return told
    return None


def _some_of_them(rows: Sequence[Json], share: int, query: str, where: str) -> Json:
    """Figures about all rows, and the rows that matter most, with their numbers, which references can name."""
    told: Json = {"rows": len(rows), "all at": where}
    figures = _figures(rows, share)
    if figures:
        told["columns"] = figures
    order = samples.ranked(rows, query)
    fewest, most = 0, min(len(rows), max(1, share // TOKENS_OF_A_ROW))
    while fewest < most:
        middle = (fewest + most + 1) // 2
        if _cost(told | {"shown": _numbered(rows, order[:middle])}) <= share:
            fewest = middle
        else:
            most = middle - 1
    return told | {"shown": _numbered(rows, order[:fewest])}


def _figures(rows: Sequence[Json], share: int) -> Json:
    for top, columns in DETAIL:
        figures = aggregates.of_rows(rows, top, columns)
        if _cost(figures) <= FIGURES * share:
            return figures
    return {}


def _numbered(rows: Sequence[Json], numbers: Sequence[int]) -> list[Json]:
    ordered = sorted(numbers)
    slimmed, _ = slimming.slim([rows[number] for number in ordered], 2)
    name = "#" if any("row" in row for row in slimmed) else "row"
    return [{name: number} | row for number, row in zip(ordered, slimmed, strict=True)]


def _cost(value: Any) -> int:
    return tokens_in(documents.encode(value))
