"""Makes typed rows of a chunk of records, and sets aside the records that cannot be used, with the reasons."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from workers.sunbiz.layouts import FILING_TYPES, LAYOUTS, STATUSES, DatasetName, Field, Kind
from workers.sunbiz.records import Chunk
from workers.sunbiz.rows import LINE, PERSON, read_rows
from workers.sunbiz.tables import NUMBER, TARGETS

NUMBER_FORM = r"^[A-Z]{0,2}[0-9]{4,12}$"
FIRST_YEAR, LAST_YEAR = 1700, 2299
_FIRST_BYTES = 4_096  # what is kept of a record that is set aside


@dataclass(frozen=True)
class Reject:
    """A record that was set aside: its line, why, and its bytes."""

    line: int
    reasons: list[str]
    raw: bytes


@dataclass
class Batch:
    """A chunk's typed rows with their children, and what was counted on the way."""

    rows: pl.DataFrame
    children: pl.DataFrame | None
    last_line: int
    size: int
    read: int
    filtered: int
    rejects: list[Reject] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)


def read_batch(chunk: Chunk, dataset: DatasetName, filing_types: Sequence[str] = (), shard: str = "") -> Batch:
    """The typed rows of ``chunk``: those of these filing types, or all. ``shard``: the digit that numbers end with."""
    layout = LAYOUTS[dataset]
    texts = read_rows(chunk, layout)
    rows = _typed(texts.head, layout.fields)
    faults = _faults(rows, dataset)
    good = rows.filter(~pl.col(LINE).is_in(list(faults)))
    kept = good.filter(pl.col("filing_type").is_in(list(filing_types))) if filing_types else good
    rejects = _rejects(chunk, faults)
    return Batch(
        rows=_keyed(kept, TARGETS[dataset].key),
        children=None if texts.group is None or layout.group is None else _children(texts.group, kept, dataset),
        last_line=max([*chunk.lines[-1:], *(line for line, _, _ in chunk.broken)]),
        size=chunk.size,
        read=len(chunk.records) + len(chunk.broken),
        filtered=good.height - kept.height,
        rejects=rejects,
        doubts=_doubts(texts.head, kept, dataset, shard),
    )


def _typed(texts: pl.DataFrame, fields: tuple[Field, ...]) -> pl.DataFrame:
    """The texts with days as dates; what is no day, and zeros, become null. Persons' names lose their padding."""
    dates = [_date(one.name) for one in fields if one.kind == Kind.DATE]
    names = [
        pl.when(pl.col(one.name.replace("name", "type")) == "P")
        .then(pl.col(one.name).str.replace_all(" {2,}", " "))
        .otherwise(one.name)
        .alias(one.name)
        for one in fields
        if one.kind == Kind.NAME
    ]
    return texts.with_columns(dates + names)


def _date(name: str) -> pl.Expr:
    day = pl.col(name).str.to_date("%m%d%Y", strict=False)
    return pl.when(day.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(day).alias(name)


def _keyed(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The rows without nulls in their key: an event may lack its number or code."""
    return rows.with_columns(pl.col(key).fill_null(""))


def _children(texts: pl.DataFrame, rows: pl.DataFrame, dataset: DatasetName) -> pl.DataFrame:
    """The occurrences of the group that belong to ``rows``; the parts of a name are those of a person."""
    group = LAYOUTS[dataset].group
    assert group  # noqa: S101 - the caller asked
    typed = _typed(texts, group.fields)
    parts = [pl.when(pl.col("type") == "P").then(name).alias(name) for name, _ in PERSON if name in typed.columns]
    belonging = rows.select(LINE, NUMBER).join(typed, on=LINE, how="inner", maintain_order="left")
    return belonging.with_columns(parts)


def _faults(rows: pl.DataFrame, dataset: DatasetName) -> dict[int, list[str]]:
    """By line, why a record cannot be used; empty for those that can."""
    checks = {"the document number has no known form": ~pl.col(NUMBER).fill_null("").str.contains(NUMBER_FORM)}
    if statuses := STATUSES.get(dataset):
        known = f"the status is none of {', '.join(statuses)}"
        checks |= {"no name": pl.col("name").is_null(), known: ~pl.col("status").fill_null("").is_in(list(statuses))}
    faulty = rows.filter(pl.any_horizontal(checks.values()))
    return {
        row[0]: [reason for reason, failed in zip(checks, row[1:], strict=True) if failed]
        for row in faulty.select(LINE, *(check.alias(reason) for reason, check in checks.items())).iter_rows()
    }


def _rejects(chunk: Chunk, faults: dict[int, list[str]]) -> list[Reject]:
    broken = [Reject(line, [reason], raw[:_FIRST_BYTES]) for line, raw, reason in chunk.broken]
    if not faults:
        return broken
    faulty = [
        Reject(line, faults[line], record)
        for line, record in zip(chunk.lines, chunk.records, strict=True)
        if line in faults
    ]
    return sorted(broken + faulty, key=lambda reject: reject.line)


def _doubts(texts: pl.DataFrame, rows: pl.DataFrame, dataset: DatasetName, shard: str) -> Counter[str]:
    """What is odd about rows that are kept all the same, and how many rows it is."""
    dates = [one.name for one in LAYOUTS[dataset].fields if one.kind == Kind.DATE]
    given = texts.select(LINE, *(_says_a_day(name).alias(f"given {name}") for name in dates))
    checks = {f"{name} is no day": pl.col(f"given {name}") & pl.col(name).is_null() for name in dates}
    if dataset == "corporations":
        checks["the filing type is unknown"] = ~pl.col("filing_type").fill_null("").is_in(FILING_TYPES)
    if shard:
        checks["the number belongs to another file of the quarter"] = ~pl.col(NUMBER).str.ends_with(shard)
    found = rows.join(given, on=LINE, how="left").select(check.sum().alias(name) for name, check in checks.items())
    return Counter({name: count for name, count in found.row(0, named=True).items() if count})


def _says_a_day(name: str) -> pl.Expr:
    return pl.col(name).fill_null("0").str.strip_chars("0") != ""
