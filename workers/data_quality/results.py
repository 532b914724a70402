"""What `validate` answers: every rule's finding, and what they come to."""

from collections.abc import Sequence

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.data_quality.examples import MOST
from workers.data_quality.measuring import Finding
from workers.data_quality.rule_sets.mistakes import Mistake
from workers.data_quality.rules.rule import BUILT_IN, EDITION


class Validation(TypedDict):
    """All rules' findings. ``broken``: the names of those of severity error that are; ``ok``: there are none.

    ``not_asked``: the rules for which there was nothing to compare with.
    """

    rows: int
    passed: int
    failed: int
    warnings: int
    infos: int
    rules: list[Finding]
    not_asked: list[str]
    broken: list[str]
    ok: bool


def unusable(mistakes: Sequence[Mistake], usable: int) -> list[Finding]:
    """What analysts wrote and nobody could ask is a finding: a person says whether to go on without it."""
    if not mistakes:
        return []
    shown = [{name: getattr(one, name) for name in ("file", "rule", "field", "problem")} for one in mistakes[:MOST]]
    return [
        {
            "rule": "rule-sets.usable",
            "level": 4,
            "severity": "error",
            "basis": "every rule that was added can be read, passes its own tests and fits the data",
            "source": BUILT_IN,
            "version": EDITION,
            "checked": usable + len(mistakes),
            "violations": len(mistakes),
            "examples": shown,
        }
    ]


def summary(rows: int, findings: list[Finding], not_asked: list[str]) -> Validation:
    broken = [finding["severity"] for finding in findings if finding["violations"]]
    return {
        "rows": rows,
        "passed": len(findings) - len(broken),
        "failed": broken.count("error"),
        "warnings": broken.count("warning"),
        "infos": broken.count("info"),
        "rules": findings,
        "not_asked": not_asked,
        "broken": [f["rule"] for f in findings if f["violations"] and f["severity"] == "error"],
        "ok": "error" not in broken,
    }
