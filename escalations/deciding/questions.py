"""Questions of a finding that a person answers one by one, each a radio button on the page.

A step that asks puts them into the list that a rule wants empty. A question is of one of two kinds: is a record the
same as its candidates (``left_key``, ``left``, ``candidates``: each ``right_key``, ``right``, ``probability``,
``comparison``); or which of several values is right (``key``, ``record``, ``words``, ``options``: each ``value``,
``words``). The answers go to the step's argument ``decisions``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from escalations.models import Escalation

Json = dict[str, Any]
SHOWN = 20  # questions on a page


@dataclass(frozen=True)
class Choice:
    """An answer that can be given: its value in the form, its words, and what it tells the step."""

    value: str
    words: str
    decision: Json


@dataclass(frozen=True)
class Part:
    """What one answer is given to: a candidate beside the question's record, or the question itself.

    ``field`` is what the answer is called in the form.
    """

    field: str
    choices: list[Choice]
    key: str = ""
    record: Json | None = None
    probability: float | None = None
    comparison: list[Json] | None = None


@dataclass(frozen=True)
class Question:
    """A record of a step's result, and what is asked about it."""

    title: str
    step: str
    key: str
    record: Json
    words: str
    parts: list[Part]

    @property
    def is_pair(self) -> bool:
        """Is it whether records of two sides are the same?"""
        return any(part.key for part in self.parts)


def questions(escalation: Escalation) -> list[Question]:
    """The first questions of an escalation; none where its findings are of another kind."""
    return list(_questions(escalation))[:SHOWN]


def edits(escalation: Escalation, answers: Mapping[str, Any]) -> dict[str, Json]:
    """The arguments of each step whose questions were answered, with the ``decisions`` that ``answers`` make."""
    decisions: dict[str, list[Json]] = {}
    for question in questions(escalation):
        for part in question.parts:
            chosen = [choice for choice in part.choices if choice.value == answers.get(part.field)]
            if chosen:
                decisions.setdefault(question.step, []).append(chosen[0].decision)
    steps = escalation.operation.steps.filter(step_id__in=decisions)
    return {
        step.step_id: step.arguments | {"decisions": _kept(step.arguments) + decisions[step.step_id]} for step in steps
    }


def _kept(arguments: Json) -> list[Json]:
    """What was answered before, when other questions were asked."""
    before = arguments.get("decisions")
    return before if isinstance(before, list) else []


def _questions(escalation: Escalation) -> Iterator[Question]:
    for number, finding in enumerate(escalation.findings):
        items = finding.get("items") if isinstance(finding, dict) else None
        for at, item in enumerate(items if isinstance(items, list) else ()):
            question = _question(str(finding.get("step", "")), f"answer-{number}-{at}", item)
            if question and any(part.choices for part in question.parts):
                yield question


def _question(step: str, place: str, item: Any) -> Question | None:
    """What an entry asks; None if it is of another shape: then it is a finding like others."""
    if _has(item, "left_key", "candidates"):
        return _pairs(step, place, item)
    return _options(step, place, item) if _has(item, "key", "options") else None


def _has(item: Any, key: str, answers: str) -> bool:
    return isinstance(item, dict) and key in item and isinstance(item.get(answers), list)


def _pairs(step: str, place: str, item: Json) -> Question:
    """Is the record the same as each of its candidates?"""
    left = str(item["left_key"])
    parts = [
        Part(
            f"{place}-{at}",
            [
                Choice(word.lower(), word, {"left_key": left, "right_key": str(given["right_key"]), "same": is_same})
                for word, is_same in (("Same", True), ("Different", False))
            ],
            str(given["right_key"]),
            given.get("right") or {},
            float(given.get("probability") or 0),
            given.get("comparison") or [],
        )
        for at, given in enumerate(item["candidates"])
        if isinstance(given, dict) and "right_key" in given
    ]
    return Question("Are these the same?", step, left, item.get("left") or {}, "", parts)


def _options(step: str, place: str, item: Json) -> Question:
    """Which of the values is right?"""
    key = str(item["key"])
    choices = [
        Choice(value := str(given["value"]), str(given.get("words") or value), {"key": key, "value": value})
        for given in item["options"]
        if isinstance(given, dict) and "value" in given
    ]
    words = str(item.get("words") or "")
    return Question("Which is right?", step, key, item.get("record") or {}, words, [Part(place, choices)])
