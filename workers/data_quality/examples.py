"""Examples of what breaks a rule: few, small, and without a person's name or address."""

from typing import Any

import polars as pl

from workers.data_quality.rules.checks import Cells, Check
from workers.personal import masked

MOST = 5


def examples(offenders: pl.LazyFrame, key: tuple[str, ...], check: Check) -> list[dict[str, Any]]:
    """The key and the cells at fault of the first few offenders. Of a personal cell only the length is shown."""
    own = offenders.select(check.cells).collect_schema().names()
    present = offenders.collect_schema().names()
    identity = [pl.col(name) for name in key if name in present and name not in own]
    found = offenders.head(MOST).select(*identity, *check.cells).collect(engine="streaming").to_dicts()
    if isinstance(check, Cells):
        found = [{name: value for name, value in row.items() if value is not None} for row in found]
    return [{name: masked(name, value) for name, value in row.items()} for row in found]
