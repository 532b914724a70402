"""What was found, as a reviewer sees it: each rule that failed with the rows that broke it, and rows set aside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from escalations.deciding.questions import questions
from escalations.models import Escalation
from operations.models import Step
from operations.rows_found import BrokenRule, SetAside, broken_rules, set_aside
from operations.states import Reason

SHOWN = 100  # findings on a page
WITH_ROWS = 12  # steps whose results are read for the rows
FILES = 3  # files of rows that were set aside


@dataclass(frozen=True)
class Found:
    """One finding. ``rules``: those inside its step's result that are broken; ``items``: entries that should not be."""

    step: str
    label: str
    rule: str
    message: str
    all: Any
    rules: list[BrokenRule]
    items: list[Any]
    asks: bool = False


@dataclass(frozen=True)
class Findings:
    """The findings that a page shows, how many it leaves out, and rows that were set aside on the way to them."""

    rows: list[Found]
    left_out: int
    aside: list[SetAside]


def findings_of(escalation: Escalation) -> Findings:
    """The findings of ``escalation``, in a constant number of queries."""
    given = [found if isinstance(found, dict) else {"message": found} for found in escalation.findings[:SHOWN]]
    results = _results(escalation, [str(found.get("step", "")) for found in given])
    asking = {question.step for question in questions(escalation)}
    rows = []
    read: set[str] = set()
    for found in given:
        step = str(found.get("step", ""))
        rules = [] if step in read else broken_rules(results.get(step))
        read.add(step)  # the rows stand at the first finding of a step
        rows.append(_found(found, step, rules, step in asking))
    aside = _aside(escalation)
    return Findings(rows, len(escalation.findings) - len(given), aside)


def _found(found: Mapping[str, Any], step: str, rules: list[BrokenRule], asks: bool) -> Found:
    rule = found.get("rule") or found.get("label") or ""
    items = found.get("items")
    entries = items if isinstance(items, list) and not asks else []
    label = str(found.get("label") or "")
    return Found(step, label, str(rule), str(found.get("message", "")), dict(found), rules, entries, asks)


def _results(escalation: Escalation, steps: list[str]) -> dict[str, Any]:
    named = list(dict.fromkeys(step for step in steps if step))[:WITH_ROWS]
    rows = Step.objects.filter(operation=escalation.operation_id, step_id__in=named, result__isnull=False)
    return dict(rows.values_list("step_id", "result"))


def _aside(escalation: Escalation) -> list[SetAside]:
    """Rows that were set aside, of the branches concerned; of any where all of the result is in doubt."""
    if escalation.reason not in (Reason.LOW_CONFIDENCE, Reason.RULE_FAILED):
        return []
    rows = Step.objects.filter(operation=escalation.operation_id, result__rows_quarantined__gt=0)
    branches = [step.partition("[")[2].rstrip("]") for step in escalation.steps[:WITH_ROWS] if isinstance(step, str)]
    if numbers := [int(branch) for branch in branches if branch.isdecimal()]:
        rows = rows.filter(index__in=numbers)
    elif escalation.steps:
        rows = rows.filter(step_id__in=[step for step in escalation.steps[:WITH_ROWS] if isinstance(step, str)])
    found = [set_aside(step) for step in rows.only("step_id", "label", "result")[:FILES]]
    return [aside for aside in found if aside]
