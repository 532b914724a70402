"""How sure Concord is of a result: a number in [0, 1] from named signals, each with its weight and its words. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from operations.models import Step
from operations.states import StepStatus
from operations.validation import Finding

ENOUGH_DECISIONS = 5  # with fewer, how people decided says nothing


@dataclass(frozen=True)
class Signal:
    """``value`` in [0, 1]; the score is the mean of the signals by their weights."""

    name: str
    value: float
    weight: float
    words: str


def signals(
    steps: Sequence[Step], findings: Sequence[Finding], plan_source: str, past: tuple[int, int] = (0, 0)
) -> list[Signal]:
    """The signals that apply. ``past``: of how many decided operations of this kind, how many were accepted."""
    ended = [step for step in steps if step.for_each is None]
    found = [
        _rules(findings),
        _completeness(ended),
        _retries(ended),
        _rejected_rows(ended),
        _workers_word(ended),
        _plan(plan_source),
        _past(*past),
    ]
    return [signal for signal in found if signal]


def score(signals: Iterable[Signal]) -> float:
    """The weighted mean, rounded to four places."""
    signals = list(signals)
    total = sum(signal.weight for signal in signals)
    return round(sum(signal.value * signal.weight for signal in signals) / total, 4) if total else 0.0


def as_json(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    return [asdict(signal) for signal in signals]


def _rules(findings: Sequence[Finding]) -> Signal | None:
    """An error counts as much as all warnings together would: a broken rule must not drown among kept ones."""
    if not findings:
        return None
    broken = [finding for finding in findings if not finding.passed]
    errors = sum(finding.severity == "error" for finding in broken)
    value = 0.0 if errors else 1 - 0.5 * len(broken) / len(findings)
    words = f"{len(findings) - len(broken)} of {len(findings)} validation rules passed"
    return Signal("validation", round(value, 4), 0.4, words)


def _completeness(steps: Sequence[Step]) -> Signal | None:
    if not steps:
        return None
    done = sum(step.status == StepStatus.COMPLETED for step in steps)
    return Signal("completeness", round(done / len(steps), 4), 0.2, f"{done} of {len(steps)} steps completed")


def _retries(steps: Sequence[Step]) -> Signal | None:
    if not steps:
        return None
    retried = sum(step.attempts > 1 or step.run > 1 for step in steps)
    words = f"{retried} of {len(steps)} steps needed another try" if retried else "no step needed another try"
    return Signal("retries", round(1 - 0.5 * retried / len(steps), 4), 0.1, words)


def _rejected_rows(steps: Sequence[Step]) -> Signal | None:
    """Rows that could not be used: one in a hundred costs half."""
    counted = [step.result for step in steps if isinstance(step.result, dict) and "rows_read" in step.result]
    rows = sum(result["rows_read"] for result in counted)
    if not rows:
        return None
    rejected = sum(result.get("rows_quarantined", 0) for result in counted)
    value = 1 / (1 + 100 * rejected / rows)
    return Signal("rejected_rows", round(value, 4), 0.15, f"{rejected:,} of {rows:,} rows could not be used")


def _workers_word(steps: Sequence[Step]) -> Signal | None:
    stated = [step.confidence for step in steps if step.confidence is not None]
    if not stated:
        return None
    return Signal("workers", round(min(stated), 4), 0.15, f"the least sure worker says {min(stated):.0%}")


def _plan(source: str) -> Signal | None:
    value, words = {
        "rules": (1.0, "planned by rules"),
        "client": (0.9, "the client gave the plan"),
        "cache": (0.95, "planned as a checked plan before"),
        "rewoo": (0.85, "planned by a model"),
        "react": (0.8, "planned by a model, step by step"),
    }.get(source, (0.5, f"planned by {source or 'nobody'}"))
    return Signal("plan", value, 0.1, words)


def _past(decided: int, accepted: int) -> Signal | None:
    if decided < ENOUGH_DECISIONS:
        return None
    words = f"people accepted {accepted} of the last {decided} of this kind that they were asked about"
    return Signal("past_decisions", round(accepted / decided, 4), 0.05, words)
