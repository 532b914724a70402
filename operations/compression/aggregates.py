"""A column of many values in a few words: counts, sums, extremes, the values that occur most."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from operations.compression.cells import compact

Json = dict[str, Any]

LONGEST_VALUE = 60  # characters of a value that is quoted
AMOUNT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
MOSTLY = 0.5  # distinct values for each value: they say who, not what kind


def of_rows(rows: Sequence[Json], top: int, most_columns: int) -> Json:
    """Each column of ``rows`` in a few words, ``top`` values of each."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {
        name: summary([row[name] for row in rows if name in row], len(rows), top) for name in list(names)[:most_columns]
    }


def summary(values: Sequence[Any], count: int, top: int) -> Any:
    """The values in a few words; ``count`` is how many there would be if none were missing."""
    present = [value for value in values if value is not None and value != ""]
    told: Json = {} if len(present) == count else {"empty": count - len(present)}
    if not present:
        return told
    if len({compact(value) for value in present[:50]}) == 1 and len({compact(value) for value in present}) == 1:
        return told | {"all": _short(present[0])} if told else _short(present[0])
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return told | _numbers(present)
    if all(isinstance(value, list | dict) for value in present):
        return told | {"sizes": _numbers([len(value) for value in present])}
    texts = [value if isinstance(value, str) else compact(value) for value in present]
    return told | (_numbers([int(text) for text in texts]) if _are_amounts(texts) else _texts(texts, top))


def _are_amounts(texts: Sequence[str]) -> bool:
    """Whole numbers in texts, and not codes: those have leading zeros, or all the same length."""
    return len({len(text) for text in texts}) > 1 and all(AMOUNT.fullmatch(text) for text in texts)


def _numbers(values: Sequence[float]) -> Json:
    whole = all(isinstance(value, int) for value in values)
    total = sum(values) if whole else math.fsum(value for value in values if math.isfinite(value))
    return {"sum": total, "min": min(values), "max": max(values)}


def _texts(values: Sequence[str], top: int) -> Json:
    times = Counter(values)
    told: Json = {"distinct": len(times)}
    ranked = sorted(times.items(), key=lambda item: (-item[1], item[0]))
    if top and len(times) <= MOSTLY * len(values):
        told["top"] = {_short(value): count for value, count in ranked[:top]}
    elif top:
        told |= {"min": _short(min(times)), "max": _short(max(times))}
    return told


def _short(value: Any) -> Any:
    if isinstance(value, list | dict):
        value = compact(value)
    return value if not isinstance(value, str) or len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
