"""Asks rules of a file: of how many rows or groups each was asked, how many break it, and a few of those."""

import math
from dataclasses import replace
from typing import Any, NotRequired

import polars as pl
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call
from workers.data_quality.examples import examples
from workers.data_quality.rules.checks import Check, File, Part, RowCheck
from workers.data_quality.rules.fill import FillBaseline
from workers.data_quality.rules.rule import Rule, Severity

KEYS_AT_ONCE = 1_000_000  # of a check by key; more than any county has parcels, and about 100 MB


class Finding(TypedDict):
    """What became of a rule: of how many rows or groups it was asked, how many break it, and a few of those.

    ``source`` is ``built-in``, ``admin`` or ``file NAME``; ``version`` is the edition of the guide, the number in the
    admin, or the beginning of the content's digest. ``note`` says why there was nothing to compare with.
    """

    rule: str
    level: int
    basis: str
    severity: Severity
    source: str
    version: str
    checked: int
    violations: int
    examples: list[dict[str, Any]]
    note: NotRequired[str]


def measure(call: Call, file: File, rules: list[Rule], key: tuple[str, ...]) -> list[Finding]:
    """A finding for each rule. All checks on single rows share one pass over the file."""
    parts = _parts(file)
    counts = _row_counts(file, rules)
    for rule in rules:
        call.progress(len(counts), len(rules), f"checking {rule.id}")
        if rule.id not in counts:
            counts[rule.id] = _count(call, rule.check, parts if rule.check.by_key else [file])
    return [_finding(rule, rule.key or key, parts if rule.check.by_key else [file], counts[rule.id]) for rule in rules]


def _parts(file: File) -> list[File]:
    """The file by parts of its keys, and of those that it is compared with: a single one unless there are many."""
    frames = [file.rows, *file.others.values(), *([] if file.parcels is None else [file.parcels])]
    rows = max(frame.select(pl.len()).collect(engine="streaming").item() for frame in frames)
    count = max(1, math.ceil(rows / KEYS_AT_ONCE))
    return [replace(file, part=Part(number, count)) for number in range(count)]


def _count(call: Call, check: Check, parts: list[File]) -> tuple[int, int]:
    """Of how many rows or groups the check was asked, and how many break it."""
    checked = violations = 0
    for part in parts:
        call.check()
        lengths = [frame.select(pl.len()) for frame in (check.population(part), check.offenders(part))]
        population, offenders = pl.collect_all(lengths, engine="streaming")
        checked, violations = checked + population.item(), violations + offenders.item()
    return checked, violations


def _row_counts(file: File, rules: list[Rule]) -> dict[str, tuple[int, int]]:
    checks = {rule.id: rule.check for rule in rules if isinstance(rule.check, RowCheck)}
    if not checks:
        return {}
    checked = [check.checked.alias(f"{name}:checked") for name, check in checks.items()]
    violations = [check.offends.sum().alias(f"{name}:violations") for name, check in checks.items()]
    [counts] = file.rows.select(*checked, *violations).collect(engine="streaming").to_dicts()
    return {name: (counts[f"{name}:checked"], counts[f"{name}:violations"]) for name in checks}


def _finding(rule: Rule, key: tuple[str, ...], parts: list[File], counts: tuple[int, int]) -> Finding:
    checked, violations = counts
    finding: Finding = {
        "rule": rule.id,
        "level": rule.level,
        "basis": rule.basis,
        "severity": rule.severity,
        "source": rule.source,
        "version": rule.version,
        "checked": checked,
        "violations": violations,
        "examples": examples(parts, key, rule.check) if violations else [],
    }
    if isinstance(rule.check, FillBaseline) and parts[0].baseline is None:
        finding["note"] = "no baseline"
    return finding
