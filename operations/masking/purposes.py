"""What for: the purposes that are offered, and the one that was given last about the same thing."""

from typing import Any

LONGEST = 200
KEPT = 20  # things whose purpose a session remembers
SESSION = "purposes"
DECIDE, CHECK, ANSWER, MATCH = (
    "To decide the question",
    "To check the data",
    "To answer the person or an authority",
    "To look into what went wrong",
)
OFFERED = (DECIDE, CHECK, MATCH, ANSWER)
USUAL = {"escalations": DECIDE, "operations": MATCH, "data": CHECK}  # by the part of the console


def purpose_of(data: Any) -> str:
    """What was typed, else what was chosen; empty where neither was."""
    return (data.get("words", "").strip() or data.get("purpose", "").strip())[:LONGEST]


def remember(session: Any, thing: str, purpose: str) -> None:
    known = dict(session.get(SESSION, {}))
    known.pop(thing, None)
    session[SESSION] = dict([*known.items(), (thing, purpose)][-KEPT:])


def remembered(session: Any, thing: str) -> str:
    return str(session.get(SESSION, {}).get(thing, ""))
