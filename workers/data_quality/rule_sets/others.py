"""Opens the further datasets that rules look things up in, and of each only the columns that they ask for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import polars as pl

from workers import datasets, stores
from workers.contract import Call
from workers.data_quality.rule_sets.files import Written
from workers.datasets import Dataset
from workers.stores import Table


@contextmanager
def opened(
    call: Call, stored: Mapping[str, Dataset | Table], parcels: pl.LazyFrame | None, found: Sequence[Written]
) -> Iterator[dict[str, pl.LazyFrame]]:
    """Those of ``stored`` that a rule asks for, by name; the parcels beside a sale file are its NAL, if no other is."""
    frames = {} if parcels is None else {"NAL": parcels}
    with ExitStack() as stack:
        for name, store in stored.items():
            if wanted := _wanted(name, found):
                frames[name] = _scan(call, stack, store, f"others.{name}", wanted)
        yield frames


def _wanted(name: str, found: Sequence[Written]) -> set[str]:
    checks = [one.rule.check for one in found]
    lookups = [check for check in checks if check.kind == "exists_in" and check.dataset == name]
    return {column.lower() for check in lookups for column in check.other_columns or check.columns}


def _scan(call: Call, stack: ExitStack, store: Dataset | Table, field: str, wanted: set[str]) -> pl.LazyFrame:
    if "$dataset" in store:
        return stack.enter_context(datasets.scan(store, field))  # type: ignore[arg-type]
    side = stack.enter_context(stores.reading(store, field))
    folder = stack.enter_context(datasets.workspace())
    # A column that the table lacks is told by the rule that asks for it.
    columns = [name for name in side.kinds if name in wanted] or list(side.kinds)[:1]
    return pl.scan_parquet(side.files(call, columns, folder))
