"""What a question comes from, as a short text that is alike for the same cause elsewhere."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from operations.masking.hiding import know
from operations.masking.hiding import text as masked
from operations.masking.marks import DOT
from operations.masking.sight import Sight, looking
from operations.states import Reason
from workers.counties import COUNTIES

LONGEST = 200
PARTS = 3
LEAST_SURE = 2  # signals that a low confidence is named by
STEP_FAILS = "the step completes"
BY_ACTION = (Reason.STEP_FAILED, Reason.APPROVAL_NEEDED)

_COUNTY = re.compile(r"\b(?:" + "|".join(re.escape(county.name) for county in COUNTIES) + r")\b(?: County)?", re.I)
_ID = re.compile(r"\b[A-Za-z]*\d[\w.,:%-]*|\bE\d+\b|#E\d+[\w.\[\]]*|\b[0-9a-f]{8,}\b")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_MARK = re.compile(rf"\w?{DOT}+")
_SPACE = re.compile(r"[\s\x00-\x1f]+")


def cause_of(reason: str, findings: Iterable[Any], calls: Iterable[tuple[str, str]]) -> str:
    """A key to read: the reason, and the rules or messages of the findings without ids, counties and numbers.

    ``calls`` are the workers' actions in question: they stand for what a step that failed says of itself.
    """
    found = [finding if isinstance(finding, dict) else {"message": finding} for finding in findings]
    with looking(Sight()):  # nobody's eyes: the cause stands in addresses
        know(found)
        return _cause(reason, found, calls)


def _cause(reason: str, found: list[dict[str, Any]], calls: Iterable[tuple[str, str]]) -> str:
    parts = [f"{worker}.{action}" for worker, action in calls] if reason in BY_ACTION else []
    parts += [_plain(_telling(finding)) for finding in _first(reason, found)]
    told = list(dict.fromkeys(part for part in parts if part))
    return _short(f"{Reason(reason).label}: {'; '.join(told)}" if told else Reason(reason).label)


def _first(reason: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that name the cause: the signals of a low confidence come least sure first."""
    return findings[:LEAST_SURE] if reason == Reason.LOW_CONFIDENCE else findings[: PARTS * 10]


def _telling(finding: dict[str, Any]) -> str:
    rule = str(finding.get("rule") or "")
    return rule if rule and rule != STEP_FAILS else str(finding.get("message") or "")


def _plain(text: str) -> str:
    """``text`` without what differs from case to case."""
    text = masked(text[:400])
    for pattern, instead in ((_MARK, "…"), (_QUOTED, "…"), (_COUNTY, "…"), (_ID, "…"), (_SPACE, " ")):
        text = pattern.sub(instead, text)
    return text.strip()


def _short(text: str) -> str:
    """At most 200 characters; of a longer text a digest keeps apart what begins alike."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 10]}… {hashlib.sha256(text.encode()).hexdigest()[:8]}"
