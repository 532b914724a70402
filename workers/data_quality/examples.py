"""Examples of what breaks a rule: few, small, and without a person's name or address."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from workers.data_quality.rules.checks import Cells, Check, File
from workers.personal import masked

MOST = 5


def examples(parts: Iterable[File], key: tuple[str, ...], check: Check) -> list[dict[str, Any]]:
    """The key and the cells at fault of the first few offenders. Of a personal cell only the length is shown."""
    found: list[dict[str, Any]] = []
    for part in parts:
        if len(found) < MOST:
            found += _first(check.offenders(part), MOST - len(found), key, check)
    if isinstance(check, Cells):
        found = [{name: value for name, value in row.items() if value is not None} for row in found]
    return [{name: masked(name, value) for name, value in row.items()} for row in found]


def _first(offenders: pl.LazyFrame, most: int, key: tuple[str, ...], check: Check) -> list[dict[str, Any]]:
    own = offenders.select(check.cells).collect_schema().names()
    present = offenders.collect_schema().names()
    identity = [pl.col(name) for name in key if name in present and name not in own]
    return offenders.head(most).select(*identity, *check.cells).collect(engine="streaming").to_dicts()
