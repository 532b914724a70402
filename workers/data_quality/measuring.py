"""Asks rules of a file: of how many rows or groups each was asked, how many break it, and a few of those."""

from typing import Any, NotRequired

import polars as pl
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call
from workers.data_quality.examples import examples
from workers.data_quality.rules.checks import File, RowCheck
from workers.data_quality.rules.fill import FillBaseline
from workers.data_quality.rules.rule import Rule, Severity


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
    counts = _counts(call, file, rules)
    return [_finding(file, rule, rule.key or key, *count) for rule, count in zip(rules, counts, strict=True)]


def _counts(call: Call, file: File, rules: list[Rule]) -> list[tuple[int, int]]:
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
    finding: Finding = {
        "rule": rule.id,
        "level": rule.level,
        "basis": rule.basis,
        "severity": rule.severity,
        "source": rule.source,
        "version": rule.version,
        "checked": checked,
        "violations": violations,
        "examples": examples(rule.check.offenders(file), key, rule.check) if violations else [],
    }
    if isinstance(rule.check, FillBaseline) and file.baseline is None:
        finding["note"] = "no baseline"
    return finding
