"""validate: hold a processed roll against the rules of its type."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field
from rapidfuzz import process as fuzzy
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.contract import Call, InvalidParameters, action
from workers.data_quality.examples import examples
from workers.data_quality.rules import KEYS, RULES
from workers.data_quality.rules.checks import File, LastRelease, RowCheck
from workers.data_quality.rules.expressions import constants
from workers.data_quality.rules.rule import Rule, Severity
from workers.datasets import Dataset
from workers.warehouse import releases
from workers.warehouse.reach import reachable

# The column that holds the id of a submission.
SUBMISSION = {"NAL": "RS_ID", "SDF": "RS_ID", "NAP": "TS_ID"}


class Finding(TypedDict):
    """What became of a rule: of how many rows or groups it was asked, how many break it, and a few of those."""

    rule: str
    level: int
    basis: str
    severity: Severity
    checked: int
    violations: int
    examples: list[dict[str, Any]]


class Validation(TypedDict):
    """All rules' findings. ``broken``: the names of those of severity error that are; ``ok``: there are none."""

    rows: int
    passed: int
    failed: int
    warnings: int
    rules: list[Finding]
    broken: list[str]
    ok: bool


@action(read_only=True, expected_seconds=10)
def validate(
    call: Call,
    dataset: Annotated[Dataset, Field(description="a processed roll: a dataset reference")],
    file_type: Literal["NAL", "SDF", "NAP"],
    county_no: Annotated[int, Field(ge=11, le=77, description="the Department of Revenue's number")],
    year: Annotated[int, Field(ge=1990, le=2100)],
    stage: Annotated[Literal["S", "P", "F"], Field(description="sales, preliminary or final")],
    rules: Annotated[str, Field(description="names of rules, or beginnings of names, by commas; empty for all")] = "",
    parcels: Annotated[
        Dataset | None, Field(description="with an SDF: the processed NAL of the same submission")
    ] = None,
) -> Validation:
    """Hold a processed roll against the rules of its type, and say how often and where each is broken."""
    chosen = _chosen([rule for rule in RULES[file_type] if stage in rule.stages], rules)
    with datasets.scan(dataset, "dataset") as rows, _parcels(parcels) as known:
        _check_columns(rows, chosen, KEYS[file_type])
        ids = [_first(frame, SUBMISSION[file_type]) for frame in (rows, known)]
        file = File(rows.with_columns(constants(county_no, year, stage, *ids)), known, _last(file_type, county_no))
        asked = [rule for rule in chosen if rule.check.applies(file)]
        counts = _counts(call, file, asked)
        findings = [_finding(file, rule, KEYS[file_type], *count) for rule, count in zip(asked, counts, strict=True)]
        total = rows.select(pl.len()).collect().item()
    return _summary(total, findings)


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


def _last(file_type: str, county_no: int) -> LastRelease | None:
    with reachable():
        release = releases.latest(file_type, county_no)
    return LastRelease(release.release, release.rows) if release else None


def _counts(call: Call, file: File, rules: list[Rule]) -> list[tuple[int, int]]:
    """How many each rule was asked of, and how many break it. All checks on single rows share one pass."""
    counts = _row_counts(file, rules)
    for rule in rules:
        call.progress(len(counts), len(rules), f"checking {rule.id}")
        if rule.id not in counts:
            lengths = [frame.select(pl.len()) for frame in (rule.check.population(file), rule.check.offenders(file))]
            checked, violations = pl.collect_all(lengths, engine="streaming")
            counts[rule.id] = checked.item(), violations.item()
    return [counts[rule.id] for rule in rules]


def _row_counts(file: File, rules: list[Rule]) -> dict[str, tuple[int, int]]:
    checks = {rule.id: rule.check for rule in rules if isinstance(rule.check, RowCheck)}
    if not checks:
        return {}
    checked = [check.checked.alias(f"{name}:checked") for name, check in checks.items()]
    violations = [check.offends.sum().alias(f"{name}:violations") for name, check in checks.items()]
    [counts] = file.rows.select(*checked, *violations).collect(engine="streaming").to_dicts()
    return {name: (counts[f"{name}:checked"], counts[f"{name}:violations"]) for name in checks}


def _finding(file: File, rule: Rule, key: tuple[str, ...], checked: int, violations: int) -> Finding:
    return {
        "rule": rule.id,
        "level": rule.level,
        "basis": rule.basis,
        "severity": rule.severity,
        "checked": checked,
        "violations": violations,
        "examples": examples(rule.check.offenders(file), key, rule.check) if violations else [],
    }


def _summary(rows: int, findings: list[Finding]) -> Validation:
    broken = [finding["severity"] for finding in findings if finding["violations"]]
    return {
        "rows": rows,
        "passed": len(findings) - len(broken),
        "failed": broken.count("error"),
        "warnings": broken.count("warning"),
        "rules": findings,
        "broken": [f["rule"] for f in findings if f["violations"] and f["severity"] == "error"],
        "ok": "error" not in broken,
    }
