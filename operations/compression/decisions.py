"""Records of decisions and of failures: what must outlive any compression first."""

import re
from collections.abc import Iterable
from typing import Any

from operations.compression.cells import compact, sendable

TELLING = (
    "decision decisions verdict verdicts threshold thresholds outcome approved rejected approved_by rejected_by "
    "decided_by decided_at reviewer effective_at"
)
TURNS = (
    "decision decided verdict approved rejected escalated escalating completed failed cancelled validated validation "
    "approve reject edit replan threshold"
)
SETBACKS = "error errors failed failures warning warnings broken reason missing"
ILL = "failed failure error rejected cancelled escalating warning critical fatal broken missing"
DECISIVE, DECIDED = frozenset(TELLING.split()), frozenset(TURNS.split())
TROUBLE, BAD = frozenset(SETBACKS.split()), frozenset(ILL.split())
DECISION = re.compile(
    r"\b(?:deci[ds]|verdict|approv|reject|agreed|threshold|confirmed|conclu|final(?:ly)?\b|must\b|deadline|total)",
    re.IGNORECASE,
)
DEGREES = ("level", "severity")
KINDS = ("kind", "type", "event", "status", "state")
GOOD_IF_TRUE = ("passed", "agree", "agrees", "ok", "success", "valid", "healthy")


def is_decision(record: Any) -> bool:
    """Does this record say what was decided, by which threshold, or how a validation came out?"""
    if not isinstance(record, dict):
        return False
    if any(record[name] not in (None, "", [], {}) for name in DECISIVE & record.keys()):
        return True
    return any(str(record.get(name, "")).lower() in DECIDED for name in KINDS)


def is_trouble(record: Any) -> bool:
    """Does this record tell of something that went wrong?"""
    if not isinstance(record, dict):
        return False
    if any(record[name] not in (None, "", [], {}, 0, False) for name in TROUBLE & record.keys()):
        return True
    if any(record.get(name) is False for name in GOOD_IF_TRUE):
        return True
    return any(BAD & set(re.split(r"[^a-z]+", str(record.get(name, "")).lower())) for name in (*KINDS, *DEGREES))


def says_decision(text: str) -> bool:
    """Does a sentence tell of a decision, a threshold or an outcome?"""
    return DECISION.search(text) is not None


def verbatim(pinned: Iterable[Any]) -> list[str]:
    """Each pinned fact as the line that stands in the text: a text as it is, any other value as compact JSON."""
    return list(dict.fromkeys(sendable(fact) if isinstance(fact, str) else compact(fact) for fact in pinned))
