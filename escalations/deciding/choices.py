"""What a reviewer can do about an escalation, and what each of it would do, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from escalations.deciding import two_people
from escalations.deciding.allowed import why_not
from escalations.deciding.decisions import Answer, effect
from escalations.deciding.forms import NEEDS_REASON, offered_on_the_page
from escalations.deciding.questions import questions
from escalations.models import Escalation, Kind
from operations.permissions import name_of
from operations.showing import listed
from operations.states import Reason

ACCEPTS = "Accepts the result as it is."
APPROVES: dict[str, str] = {
    Reason.LOW_CONFIDENCE: ACCEPTS,
    Reason.RULE_FAILED: ACCEPTS,
    Reason.STEP_FAILED: "Goes on without what failed.",
    Reason.APPROVAL_NEEDED: "Lets the action run.",
    Reason.PLAN_APPROVAL: "Lets the plan run as it is shown.",
}
DOES: dict[str, str] = {
    Kind.EDIT: "Remembers your answers, and goes on with them. What you leave open is asked again.",
    Kind.RETRY: "Runs the steps concerned again, and what uses their results.",
    Kind.REPLAN: "Has a model make another plan, which reads your reason. What stays in the plan keeps its result.",
    Kind.REJECT: "Ends the operation as rejected. Nothing more runs.",
}
KEYS: dict[str, str] = {Kind.APPROVE: "a", Kind.EDIT: "e", Kind.RETRY: "r", Kind.REPLAN: "p", Kind.REJECT: "x"}
EFFECTS = {"runs_again": "Runs again", "skips": "Skips", "keeps": "Keeps"}


@dataclass(frozen=True)
class Choice:
    """One decision that is offered: its word, its label, a sentence, and ("Runs again", "E3, E5") and the like.

    ``key`` takes it from the keyboard, after a reason where ``needs_reason``. ``refused`` says why he who looks may
    not take it.
    """

    kind: str
    label: str
    sentence: str
    effects: list[tuple[str, str]]
    key: str
    needs_reason: bool
    refused: str


def choices(escalation: Escalation, caller: Any, steps: Sequence[str] = ()) -> list[Choice]:
    """What is offered, and whether to ``caller``, with its effect as things stand now.

    Each goes through the operation's steps once.

    ``steps`` are those that a retry would run again; none: those in question.
    """
    return [_choice(escalation, caller, kind, steps) for kind in offered_on_the_page(escalation)]


def _choice(escalation: Escalation, caller: Any, kind: Kind, steps: Sequence[str]) -> Choice:
    sentence = APPROVES[escalation.reason] if kind == Kind.APPROVE else DOES[kind]
    if kind == Kind.RETRY and escalation.reason == Reason.BUDGET_SPENT:
        sentence = "Gives it its token budgets once more, and goes on."
    label = "Give these answers" if kind == Kind.EDIT else kind.label
    effects = in_words(effect(escalation, _answer(escalation, kind, steps)))
    refused = why_not(caller, escalation, kind, steps) or _in_turn(escalation, caller, kind)
    return Choice(kind, label, sentence, effects, KEYS[kind], kind in NEEDS_REASON, refused)


def _in_turn(escalation: Escalation, caller: Any, kind: Kind) -> str:
    own = kind == Kind.APPROVE and two_people.has_approved(escalation, name_of(caller))
    return "You have approved it: another person has to approve it too." if own else ""


def _answer(escalation: Escalation, kind: Kind, steps: Sequence[str]) -> Answer:
    """The answer whose effect is shown: that of giving answers is on the steps that ask."""
    if kind == Kind.RETRY:
        return Answer(kind, steps=steps)
    asking = {question.step for question in questions(escalation)} if kind == Kind.EDIT else set()
    return Answer(kind, edits={step: {} for step in asking})


def in_words(effects: dict[str, Any]) -> list[tuple[str, str]]:
    """An effect by step ids, as pairs of words; what does not happen is left out, and so is that all is kept."""
    if not (effects.get("runs_again") or effects.get("skips")):
        return []
    return [(words, listed(effects[name])) for name, words in EFFECTS.items() if effects.get(name)]
