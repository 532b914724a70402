"""What a reviewer can do about an escalation, and what each of it would do, in words."""

from dataclasses import dataclass

from escalations.decisions import Answer, effect
from escalations.forms import WITHOUT_ARGUMENTS
from escalations.models import Escalation, Kind
from operations.showing import listed
from operations.states import Reason

ACCEPTS = "Accepts the result as it is."
APPROVES: dict[str, str] = {
    Reason.LOW_CONFIDENCE: ACCEPTS,
    Reason.RULE_FAILED: ACCEPTS,
    Reason.STEP_FAILED: "Goes on without what failed.",
    Reason.APPROVAL_NEEDED: "Lets the action run.",
}
DOES: dict[str, str] = {
    Kind.RETRY: "Runs the steps concerned again, and what uses their results.",
    Kind.REJECT: "Ends the operation as rejected. Nothing more runs.",
}
EFFECTS = {"runs_again": "Runs again", "skips": "Skips", "keeps": "Keeps"}


@dataclass(frozen=True)
class Choice:
    """One decision that is offered: its word, its label, a sentence, and ("Runs again", "E3, E5") and the like."""

    kind: str
    label: str
    sentence: str
    effects: list[tuple[str, str]]


def choices(escalation: Escalation) -> list[Choice]:
    """What is offered, with its effect as things stand now. Each goes through the operation's steps once."""
    return [_choice(escalation, kind) for kind in escalation.offered if kind in WITHOUT_ARGUMENTS]


def _choice(escalation: Escalation, kind: Kind) -> Choice:
    sentence = APPROVES[escalation.reason] if kind == Kind.APPROVE else DOES[kind]
    return Choice(kind, kind.label, sentence, in_words(effect(escalation, Answer(kind))))


def in_words(effects: dict[str, list[str]]) -> list[tuple[str, str]]:
    """An effect by step ids, as pairs of words; what does not happen is left out, and so is that all is kept."""
    if not (effects.get("runs_again") or effects.get("skips")):
        return []
    return [(words, listed(effects[name])) for name, words in EFFECTS.items() if effects.get(name)]
