"""What a reviewer can do about an escalation, and what each of it would do, in words."""

from dataclasses import dataclass

from escalations.decisions import Answer, effect
from escalations.forms import offered_on_the_page
from escalations.models import Escalation, Kind
from escalations.questions import questions
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
    return [_choice(escalation, kind) for kind in offered_on_the_page(escalation)]


def _choice(escalation: Escalation, kind: Kind) -> Choice:
    sentence = APPROVES[escalation.reason] if kind == Kind.APPROVE else DOES[kind]
    if kind == Kind.RETRY and escalation.reason == Reason.BUDGET_SPENT:
        sentence = "Gives it its token budgets once more, and goes on."
    label = "Give these answers" if kind == Kind.EDIT else kind.label
    return Choice(kind, label, sentence, in_words(effect(escalation, _answer(escalation, kind))))


def _answer(escalation: Escalation, kind: Kind) -> Answer:
    """The answer whose effect is shown: that of giving answers is on the steps that ask."""
    asking = {question.step for question in questions(escalation)} if kind == Kind.EDIT else set()
    return Answer(kind, edits={step: {} for step in asking})


def in_words(effects: dict[str, list[str]]) -> list[tuple[str, str]]:
    """An effect by step ids, as pairs of words; what does not happen is left out, and so is that all is kept."""
    if not (effects.get("runs_again") or effects.get("skips")):
        return []
    return [(words, listed(effects[name])) for name, words in EFFECTS.items() if effects.get(name)]
