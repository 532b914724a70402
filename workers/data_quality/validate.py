"""validate: hold a processed roll against the rules of its type."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Literal

import polars as pl
from pydantic import Field
from rapidfuzz import process as fuzzy

from workers import datasets
from workers.contract import Call, InvalidParameters, action
from workers.data_quality.measuring import measure
from workers.data_quality.results import Validation, summary, unusable
from workers.data_quality.rule_sets import in_force
from workers.data_quality.rule_sets import others as other_data
from workers.data_quality.rule_sets.files import Written
from workers.data_quality.rule_sets.mistakes import Mistake
from workers.data_quality.rule_sets.vocabulary import DatasetName
from workers.data_quality.rules import KEYS, RULES
from workers.data_quality.rules.checks import File, LastRelease, RowCheck
from workers.data_quality.rules.expressions import constants
from workers.data_quality.rules.fill import FillBaseline
from workers.data_quality.rules.rule import Rule
from workers.datasets import Dataset
from workers.stores import Table
from workers.warehouse import fills, releases
from workers.warehouse.reach import reachable

# The column that holds the id of a submission, where there is one.
SUBMISSION = {"NAL": "RS_ID", "SDF": "RS_ID", "NAP": "TS_ID"}


@action(read_only=True, expected_seconds=10)
def validate(
    call: Call,
    dataset: Annotated[Dataset, Field(description="a processed roll, or any dataset: a reference")],
    file_type: Annotated[
        DatasetName, Field(description="NAL, SDF, NAP, NAVN, NAVD, or a name for which analysts wrote rules")
    ],
    county_no: Annotated[
        int | None, Field(ge=11, le=77, description="the Department of Revenue's number; a roll has one")
    ] = None,
    year: Annotated[int | None, Field(ge=1990, le=2100, description="a roll has one")] = None,
    stage: Annotated[
        Literal["S", "P", "F"] | None, Field(description="sales, preliminary or final; a roll has one")
    ] = None,
    rules: Annotated[str, Field(description="names of rules, or beginnings of names, by commas; empty for all")] = "",
    parcels: Annotated[
        Dataset | None, Field(description="with an SDF: the processed NAL of the same submission")
    ] = None,
    rule_set: Annotated[
        str, Field(max_length=48, description="another name for which analysts wrote rules: they are asked too")
    ] = "",
    others: Annotated[
        dict[DatasetName, Dataset | Table],
        Field(description="further datasets by the names that rules call them, to look things up in"),
    ] = {},  # noqa: B006
) -> Validation:
    """Hold a roll, or any dataset, against the rules of its type and those that analysts wrote for it.

    Says how often and where each rule is broken, where it comes from, and which version of it was asked.
    """
    _check_roll(file_type, {"county_no": county_no, "year": year, "stage": stage})
    found, mistakes = _written(file_type, rule_set)
    with (
        datasets.scan(dataset, "dataset") as rows,
        _parcels(parcels) as known,
        other_data.opened(call, others, known, found) as more,
    ):
        added, unfit = in_force.fitted(found, rows.collect_schema(), more)
        offered = [rule for rule in [*RULES.get(file_type, []), *added] if stage is None or stage in rule.stages]
        chosen = _chosen(offered, rules) if offered else []
        key = KEYS.get(file_type, ())
        _check_columns(rows, chosen, key)
        file = _file(rows, known, file_type, county_no, year, stage)
        file = replace(file, others=more, baseline=_baseline(chosen, file_type, county_no, year))
        asked = [rule for rule in chosen if rule.check.applies(file)]
        findings = [*measure(call, file, asked, key), *unusable([*mistakes, *unfit], len(asked))]
        total = rows.select(pl.len()).collect().item()
    return summary(total, findings, [rule.id for rule in chosen if rule not in asked])


def _check_roll(file_type: str, given: Mapping[str, object]) -> None:
    """Raise `InvalidParameters` if a roll's county, year or stage is not said."""
    for field, value in given.items():
        if file_type in RULES and value is None:
            raise InvalidParameters(f"{field}: a roll of type {file_type} needs it", field=field)


def _written(file_type: str, rule_set: str) -> tuple[list[Written], list[Mistake]]:
    """The rules that analysts wrote for the type and the set. Raises `InvalidParameters` where a name has none."""
    found, mistakes = in_force.written({file_type, rule_set} - {""})
    known = {"", *RULES, *(one.rule.dataset for one in found), *(one.dataset for one in mistakes)}
    for field, name in (("file_type", file_type), ("rule_set", rule_set)):
        if name not in known:
            raise InvalidParameters(
                f"{field}: there are no rules for {name!r}; built-in ones are for {', '.join(RULES)}, others are added"
                " in the admin or in RULES_DIR",
                field=field,
            )
    return found, mistakes


def _file(
    rows: pl.LazyFrame,
    parcels: pl.LazyFrame | None,
    file_type: str,
    county_no: int | None,
    year: int | None,
    stage: str | None,
) -> File:
    if county_no is None:
        return File(rows, parcels)
    last = _last(file_type, county_no, year)
    if year is None or stage is None or file_type not in RULES:
        return File(rows, parcels, last)
    column = SUBMISSION.get(file_type)
    ids = [_first(frame, column) if column else None for frame in (rows, parcels)]
    return File(rows.with_columns(constants(county_no, year, stage, *ids)), parcels, last)


@contextmanager
def _parcels(reference: Dataset | None) -> Iterator[pl.LazyFrame | None]:
    """The NAL beside an SDF, or None. Raises `InvalidParameters` if it is no NAL."""
    if reference is None:
        yield None
        return
    with datasets.scan(reference, "parcels") as parcels:
        if not {"PARCEL_ID", "RS_ID", "SALE_PRC1"}.issubset(parcels.collect_schema().names()):
            raise InvalidParameters("parcels: its columns are not those of a NAL", field="parcels")
        yield parcels


def _chosen(rules: list[Rule], names: str) -> list[Rule]:
    """The rules that ``names`` means. Raises `InvalidParameters` for a name that none begins with."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if not any(rule.id.startswith(name) for rule in rules):
            nearest = fuzzy.extractOne(name, [rule.id for rule in rules])
            raise InvalidParameters(f"rules: there is no rule {name!r}; the nearest is {nearest[0]!r}", field="rules")
    return [rule for rule in rules if not wanted or rule.id.startswith(tuple(wanted))]


def _check_columns(rows: pl.LazyFrame, rules: list[Rule], key: tuple[str, ...]) -> None:
    present = rows.collect_schema().names()
    checks = [rule.check for rule in rules if isinstance(rule.check, RowCheck)]
    named = {name for check in checks for name in check.offends.meta.root_names()}
    needed = {name for name in named if not name.startswith("file.")} | set(key)
    if missing := sorted(needed - set(present)):
        raise InvalidParameters(f"dataset: it has no column {', '.join(missing)}", field="dataset")


def _first(rows: pl.LazyFrame | None, column: str) -> str | None:
    """The first row's cell, which all others must equal; None where there is no row."""
    if rows is None:
        return None
    found = rows.select(column).head(1).collect()
    return found.item() if found.height else None


def _last(file_type: str, county_no: int, year: int | None) -> LastRelease | None:
    with reachable():
        release = releases.latest(file_type, county_no, year)
    return LastRelease(release.release, release.rows) if release else None


def _baseline(rules: list[Rule], file_type: str, county_no: int | None, year: int | None) -> fills.Baseline | None:
    if county_no is None or year is None or not any(isinstance(rule.check, FillBaseline) for rule in rules):
        return None
    with reachable():
        return fills.baseline(file_type, county_no, year)
