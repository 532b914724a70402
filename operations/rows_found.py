"""The rows behind a finding: which break a rule of `validate`, and which `process` set aside, with the reasons."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from operations.data.quarantine import Quarantine, quarantine_of
from operations.models import Step
from operations.values import is_dataset, is_number
from workers.contract import ActionError
from workers.warehouse.models import Release
from workers.warehouse.reach import reachable

RULES = 30  # broken rules of a result
REASONS = 20
ROWS = 10  # examples of rows
MOST_BYTES = 5_000_000  # of a file that is read while somebody waits for the page


@dataclass(frozen=True)
class BrokenRule:
    """A rule of a step's own, how many of the rows that it was asked of break it, and a few of those."""

    name: str
    severity: str
    basis: str
    checked: int
    violations: int
    examples: list[dict[str, Any]]


@dataclass(frozen=True)
class SetAside:
    """Rows of a file that could not be used: how many for which reason, and the first of them."""

    step: str
    label: str
    rows_read: int
    rows: int
    reasons: list[tuple[str, int]]
    examples: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""
    release: int | None = None  # the primary key of its page, where it was loaded


def broken_rules(result: Any) -> list[BrokenRule]:
    """The rules that a result of `validate` says are broken, errors and then most violations first; else none."""
    rules = result.get("rules") if isinstance(result, Mapping) else None
    told = [_broken(rule) for rule in (rules if isinstance(rules, list) else ()) if _is_broken(rule)]
    return sorted(told, key=lambda rule: (rule.severity != "error", -rule.violations))[:RULES]


def set_aside(step: Step) -> SetAside | None:
    """What `process` set aside, as its result tells; None where it set nothing aside."""
    result = step.result if isinstance(step.result, Mapping) else {}
    rows, read = (_count(result.get(name)) for name in ("rows_quarantined", "rows_read"))
    if not rows:
        return None
    given = result.get("quarantine_reasons")
    counted = [(str(why), _count(number)) for why, number in islice(_pairs(given), REASONS)]
    quarantine = _first(result.get("quarantine"), rows)
    return SetAside(
        step=step.step_id,
        label=step.label,
        rows_read=read,
        rows=rows,
        reasons=sorted(counted, key=lambda pair: -pair[1]),
        examples=[_row(row.line, row.reasons, row.raw) for row in quarantine.rows[:ROWS]],
        note=quarantine.note,
        release=_page(result.get("release")),
    )


def _is_broken(rule: Any) -> bool:
    return isinstance(rule, Mapping) and _count(rule.get("violations")) > 0


def _broken(rule: Mapping[str, Any]) -> BrokenRule:
    name, severity, basis = (str(rule.get(key) or "") for key in ("rule", "severity", "basis"))
    examples = rule.get("examples")
    rows = [row for row in (examples if isinstance(examples, list) else ())[:ROWS] if isinstance(row, dict)]
    return BrokenRule(name, severity, basis, _count(rule.get("checked")), _count(rule.get("violations")), rows)


def _first(reference: Any, rows: int) -> Quarantine:
    """The first rows of a quarantine; a note where they are not kept, too many, or none of ours."""
    if not is_dataset(reference):
        return Quarantine([], "The rows were not kept.")
    if not 0 < _count(reference.get("bytes")) <= MOST_BYTES:
        return Quarantine([], "They are too many to be shown here.")
    try:
        return quarantine_of(Release(rows_quarantined=rows, quarantine=reference))
    except (KeyError, TypeError, AttributeError):
        return Quarantine([], "Their file is no quarantine.")


def _row(line: int, reasons: list[str], raw: str) -> dict[str, Any]:
    """A row that was set aside."""
    told = "; ".join(str(reason) for reason in reasons)
    return {"line": str(line), "reasons": told, "the row as it came": raw}


def _page(release: Any) -> int | None:
    """The page of a release; None where there is none, or the warehouse is away."""
    if not isinstance(release, str) or "\0" in release:
        return None
    with suppress(ActionError), reachable():
        return Release.objects.filter(release=release).order_by("-pk").values_list("pk", flat=True).first()
    return None


def _pairs(given: Any) -> Any:
    return iter(given.items() if isinstance(given, Mapping) else ())


def _count(value: Any) -> int:
    return int(value) if is_number(value) and value > 0 else 0
