"""Is what came back what the plan expected? Pure: values in, findings out."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from operations.models import Step
from operations.schemas import validator
from operations.states import StepStatus

Json = dict[str, Any]

MISSING = object()
MOST_ITEMS = 100  # entries that a finding carries


@dataclass(frozen=True)
class Finding:
    """One rule, asked of one step's result."""

    step: str
    label: str
    rule: str
    passed: bool
    severity: str
    gate: bool
    message: str
    items: list[Json] = field(default_factory=list)  # the entries that should not be there, for a person to judge

    def as_json(self) -> Json:
        told = asdict(self)
        return told if self.items else {name: value for name, value in told.items() if name != "items"}


def check_step(step: Step, result_schema: Json | None = None) -> list[Finding]:
    """Ask the step's own rules, and that of its action: the result fits the schema that the manifest promises."""
    findings = [_ask(step, rule) for rule in step.validation]
    if result_schema:
        findings.append(_fits(step, result_schema))
    return findings


def check_steps(steps: Iterable[Step]) -> list[Finding]:
    """Ask the rules of all completed steps. What a person accepted already is a warning, no error."""
    findings = []
    for step in steps:
        if step.status == StepStatus.COMPLETED and step.for_each is None:
            found = check_step(step)
            findings += [replace(finding, severity="warning") for finding in found] if step.accepted_by else found
    return findings


def failures(findings: Iterable[Finding], *, gate: bool = False) -> list[Finding]:
    """Those of severity error that did not pass; with ``gate`` only those that hold up what comes after."""
    return [f for f in findings if not f.passed and f.severity == "error" and (f.gate or not gate)]


def _ask(step: Step, rule: Json) -> Finding:
    found = _at(step.result, rule.get("path", ""))
    passed = CHECKS[rule["check"]](found, rule.get("value"))
    said = f"{rule.get('path') or 'result'} should be {SAID[rule['check']].format(rule.get('value'))}"
    shown = "missing" if found is MISSING else _short(found)
    return Finding(
        step=step.step_id,
        label=step.label,
        rule=rule.get("words") or said,
        passed=passed,
        severity=rule.get("severity", "error"),
        gate=bool(rule.get("gate")),
        message=said if passed else f"{said}, but is {shown}",
        items=found[:MOST_ITEMS] if rule["check"] == "is_empty" and not passed and _is_entries(found) else [],
    )


def _fits(step: Step, schema: Json) -> Finding:
    error = next(validator(schema).iter_errors(step.result), None)
    where = ".".join(str(part) for part in error.absolute_path) if error else ""
    return Finding(
        step=step.step_id,
        label=step.label,
        rule="the result has the promised shape",
        passed=error is None,
        severity="error",
        gate=True,
        message="" if error is None else f"{where or 'result'}: {error.message[:300]}",
    )


def _at(value: Any, path: str) -> Any:
    for part in path.split(".") if path else []:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return MISSING
    return value


def _is_entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _short(value: Any) -> str:
    if _is_entries(value):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}…"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


CHECKS: dict[str, Any] = {
    "is_true": lambda found, value: found is True,
    "is_empty": lambda found, value: found is not MISSING and not found,
    "present": lambda found, value: found is not MISSING and found is not None,
    "equals": lambda found, value: found == value,
    "at_least": lambda found, value: _is_number(found) and _is_number(value) and found >= value,
    "at_most": lambda found, value: _is_number(found) and _is_number(value) and found <= value,
}
SAID = {
    "is_true": "true",
    "is_empty": "empty",
    "present": "there",
    "equals": "{!r}",
    "at_least": "at least {!r}",
    "at_most": "at most {!r}",
}
