"""How urgent a question is: risk times uncertainty times age, where waiting four hours makes it twice as urgent.

Because age doubles urgency at the same pace for all, the order of two questions never changes by itself. It is kept
as ``rank``, which does not depend on the present: ascending, the most urgent first.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from escalations.causes import cause_of
from escalations.models import Escalation
from operations.models import Operation
from operations.models.types import confidence_threshold
from operations.states import Reason
from workers import registry

Json = dict[str, Any]

DOUBLES_IN = 4 * 3600  # seconds
NORMAL_PRIORITY = 5
# Uncertainty, by the confidence: 1 where that is 0, a quarter at the threshold, and so little where it is 1.
AT_THRESHOLD, LEAST = 0.25, 0.05

# What a wrong answer costs, by what the steps in question do.
DESTROYS, LOADS, READS = 2.0, 1.5, 1.0
DOES = {DESTROYS: "destroys data", LOADS: "loads data", READS: "only reads"}
# Less where nothing has run yet, or nothing runs on.
SOFTENS: dict[str, float] = {Reason.PLAN_APPROVAL: 0.5, Reason.BUDGET_SPENT: 0.75}
# Where the operation has no confidence yet.
UNSURE: dict[str, float] = {
    Reason.LOW_CONFIDENCE: 1.0,
    Reason.RULE_FAILED: 0.8,
    Reason.STEP_FAILED: 0.8,
    Reason.APPROVAL_NEEDED: 0.5,
    Reason.PLAN_APPROVAL: 0.5,
    Reason.BAD_PLAN: 1.0,
    Reason.NO_NEXT_STEP: 1.0,
    Reason.BUDGET_SPENT: 0.5,
}
TIMES = " \u00d7 "
LEVELS = [(1, "low"), (4, "normal"), (16, "high")]  # below so much; more is "very high"


def judged(
    operation: Operation,
    *,
    reason: str,
    findings: list[Any],
    steps: list[str],
    confidence_score: float | None,
    created_at: datetime | None = None,
) -> Json:
    """The fields ``risk``, ``uncertainty``, ``rank``, ``threshold`` and ``cause`` of a question about ``operation``."""
    calls = _calls(operation, steps)
    return weighed(
        reason=reason,
        priority=operation.priority,
        stake=max((stake(told(worker, action)) for worker, action in calls), default=READS),
        confidence_score=confidence_score,
        threshold=confidence_threshold(operation.operation_type),
        created_at=created_at or timezone.now(),
    ) | {"cause": cause_of(reason, findings, calls)}


def weighed(
    *,
    reason: str,
    priority: int,
    stake: float,
    confidence_score: float | None,
    created_at: datetime,
    threshold: float | None = None,
) -> Json:
    """``risk``, ``uncertainty``, ``rank`` and the ``threshold`` that applied, from what they are made of."""
    threshold = settings.CONFIDENCE_THRESHOLD if threshold is None else threshold
    risk = round(priority / NORMAL_PRIORITY * stake * SOFTENS.get(reason, 1.0), 4)
    uncertainty = UNSURE[reason] if confidence_score is None else unsureness(confidence_score, threshold)
    rank = created_at.timestamp() - DOUBLES_IN * math.log2(risk * uncertainty)
    return {"risk": risk, "uncertainty": uncertainty, "rank": rank, "threshold": threshold}


def unsureness(confidence: float, threshold: float) -> float:
    """How far Concord was from deciding by itself: the same confidence is less sure where more was asked for."""
    if confidence < threshold:
        return round(1 - (1 - AT_THRESHOLD) * confidence / threshold, 4)
    beyond = (1 - confidence) / (1 - threshold) if threshold < 1 else 0.0
    return round(max(LEAST, AT_THRESHOLD * beyond), 4)


def stake(action: Json | None) -> float:
    """How much hangs on a call. ``action`` is what the manifest says of it; of an unknown one we think the usual."""
    if action is None:
        return LOADS
    if action.get("destructive"):
        return DESTROYS
    return READS if action.get("read_only") else LOADS


def level(escalation: Escalation) -> tuple[int, str]:
    """1 to 4, and the word for it."""
    now = score(escalation)
    below = [at for at, (limit, _) in enumerate(LEVELS) if now < limit]
    at = below[0] if below else len(LEVELS)
    return at + 1, LEVELS[at][1] if below else "very high"


def score(escalation: Escalation) -> float:
    """Risk times uncertainty times age, now."""
    return escalation.risk * escalation.uncertainty * _age_factor(escalation)


def explained(escalation: Escalation) -> str:
    """Where the urgency comes from, in words."""
    waited = (timezone.now() - escalation.created_at).total_seconds() / 3600
    factors = [
        f"Priority {escalation.operation.priority}{_does(escalation)}: risk {escalation.risk:.1f}",
        f"{_sureness(escalation)}: uncertainty {escalation.uncertainty:.2f}",
        f"waited {waited:,.1f} h: {_age_factor(escalation):,.1f} (doubles every 4 h)",
    ]
    return TIMES.join(factors)


def _sureness(escalation: Escalation) -> str:
    confidence, threshold = escalation.confidence_score, escalation.threshold
    if confidence is None:
        return "no confidence yet"
    if threshold is None:  # it was asked before that was kept
        return f"confidence {confidence:.2f}"
    away = f"{abs(threshold - confidence):.2f} {'below' if confidence < threshold else 'above'}"
    return f"confidence {confidence:.2f}, {away} the threshold of {threshold:.2f}"


def _age_factor(escalation: Escalation) -> float:
    waited = (timezone.now() - escalation.created_at).total_seconds()
    return float(2 ** min(waited / DOUBLES_IN, 100))


def _does(escalation: Escalation) -> str:
    """What the steps do, as ``risk`` was made of it; empty where it was made otherwise."""
    usual = escalation.operation.priority / NORMAL_PRIORITY * SOFTENS.get(escalation.reason, 1.0)
    words = DOES.get(round(escalation.risk / usual, 2)) if usual else None
    return f", {words}" if words else ""


def _calls(operation: Operation, steps: Iterable[str]) -> list[tuple[str, str]]:
    """The workers' actions of the steps in question; where none is named, of all."""
    named = set(steps)
    if operation.knows_steps:
        rows = [(step.step_id, step.worker, step.action) for step in operation.known_steps()]
    else:
        rows = list(operation.steps.values_list("step_id", "worker", "action"))
    return sorted({(worker, action) for step_id, worker, action in rows if not named or step_id in named})


def told(worker: str, action: str) -> Json | None:
    """What the manifest that we have says of an action. Nobody is called for it: this runs inside a transaction."""
    row = registry.workers().get(worker)
    actions = row.manifest.get("actions", []) if row else []
    return next((told for told in actions if told["name"] == action), None)
