"""Tries a rule on a sample: the first rows of a dataset or of a table of the warehouse. Nothing is written."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import polars as pl

from workers import datasets
from workers.contract import Call, InvalidParameters
from workers.data_quality.measuring import measure
from workers.data_quality.rule_sets.building import build
from workers.data_quality.rule_sets.vocabulary import RuleText
from workers.data_quality.rules.checks import File, LastRelease
from workers.stores import Table, WarehouseTable
from workers.warehouse import fills, releases
from workers.warehouse.reach import reachable

MOST_ROWS = 100_000


class Trial(NamedTuple):
    """What a rule finds in a sample: of how many it was asked, how many break it, and a few of those."""

    rows: int
    checked: int
    violations: int
    examples: list[dict[str, Any]]
    note: str = ""

    def __str__(self) -> str:
        words = f"{self.violations:,} of {self.checked:,} break it ({self.rows:,} rows)"
        return f"{words}: {self.note}" if self.note else words


class Sample(NamedTuple):
    """The first ``rows`` of ``source``, a table's name or a dataset's address; of one county, if it is given."""

    source: str
    rows: int = 1_000
    county_no: int | None = None

    @property
    def where(self) -> dict[str, str | int | None]:
        return {} if self.county_no is None else {"co_no": self.county_no}


def try_on(rule: RuleText, sample: Sample) -> Trial:
    """What the rule finds in the sample. Raises `InvalidParameters`, or `Unfit` if the rule does not fit the data."""
    with reachable(), ExitStack() as stack:
        rows = stack.enter_context(_rows(sample))
        others = _others(rule, sample, stack)
        made = build(rule, rows.collect_schema(), others)
        file = File(rows, None, *_before(rule, sample), others=others)
        total = rows.select(pl.len()).collect().item()
        if not made.check.applies(file):
            return Trial(total, 0, 0, [], "there is nothing to compare with")
        [finding] = measure(Call(), file, [made], ())
    return Trial(total, finding["checked"], finding["violations"], finding["examples"], finding.get("note", ""))


@contextmanager
def _rows(sample: Sample) -> Iterator[pl.LazyFrame]:
    if "://" in sample.source:
        with datasets.scan({"$dataset": sample.source}, "source") as rows:
            yield _of_county(rows, sample.county_no).head(sample.rows)
        return
    with datasets.workspace() as folder:
        table = WarehouseTable(Table(table=sample.source, where=sample.where), "source")
        yield pl.scan_parquet(table.files(Call(), list(table.kinds), folder, sample.rows))


def _of_county(rows: pl.LazyFrame, county_no: int | None) -> pl.LazyFrame:
    if county_no is None:
        return rows
    named = [name for name in rows.collect_schema().names() if name.lower() == "co_no"]
    if not named:
        raise InvalidParameters("county_no: the sample has no column co_no", field="county_no")
    return rows.filter(pl.col(named[0]) == county_no)


def _others(rule: RuleText, sample: Sample, stack: ExitStack) -> dict[str, pl.LazyFrame]:
    """What the rule looks things up in: the current rows of that name, those of the sample's county."""
    check = rule.check
    if check.kind != "exists_in":
        return {}
    if sample.county_no is None:
        raise InvalidParameters("county_no: a rule across datasets is tried on one county", field="county_no")
    folder = stack.enter_context(datasets.workspace())
    name = f"{check.dataset.lower()}_current"
    table = WarehouseTable(Table(table=name, where=sample.where), "source")
    wanted = {column.lower() for column in check.other_columns or check.columns}
    columns = [column for column in table.kinds if column in wanted] or list(table.kinds)[:1]
    return {check.dataset: pl.scan_parquet(table.files(Call(), columns, folder))}


def _before(rule: RuleText, sample: Sample) -> tuple[LastRelease | None, fills.Baseline | None]:
    """What the county's last release was, for rules that compare with it."""
    if sample.county_no is None:
        return None, None
    release = releases.latest(rule.dataset, sample.county_no)
    if release is None:
        return None, None
    return LastRelease(release.release, release.rows), fills.baseline(rule.dataset, sample.county_no, release.year)
