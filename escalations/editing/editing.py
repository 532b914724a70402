"""Editing the arguments of an escalation's steps: which steps, what was typed, what it would do."""

import hashlib
from collections.abc import Iterable
from typing import Any

from escalations.deciding.choices import in_words
from escalations.deciding.decisions import Answer, effect
from escalations.editing.evidence import Evidence
from escalations.editing.step_form import StepForm, step_form
from escalations.models import Escalation, Kind
from operations.argument_forms.fields import Typed
from operations.canonical import canonical
from operations.graph import Graph
from operations.models import Step
from operations.planning.edited import misfits
from operations.states import Reason, StepStatus

SHOWN = 8  # steps with a form at the same time
OTHERS = 500  # steps that can be chosen beside them
NOTHING = "Nothing is changed. Change an argument, or go back and let the steps run again as they are."


class Editing:
    """The forms of the chosen steps. ``escalation`` has its operation's steps with it, without their results."""

    def __init__(self, escalation: Escalation, chosen: Iterable[str]):
        self.escalation = escalation
        graph = Graph(escalation.operation.steps.all())
        wanted = [step_id for step_id in dict.fromkeys(chosen) if step_id in graph.steps]
        self.left_out = len(wanted) - SHOWN
        steps = [graph.steps[step_id] for step_id in wanted[:SHOWN]]
        evidence = Evidence(escalation.operation, graph, steps)
        self.steps = list(graph.steps.values())
        self.forms = [step_form(step, number, graph, evidence) for number, step in enumerate(steps, 1)]
        self.problems: list[str] = []

    @property
    def others(self) -> list[Step]:
        """The steps that can be chosen beside those that are."""
        chosen = {form.step.step_id for form in self.forms}
        return [step for step in self.steps if step.step_id not in chosen][:OTHERS]

    @property
    def edits(self) -> dict[str, dict[str, Any]]:
        """The new arguments of the steps whose arguments are others now."""
        return {form.step.step_id: form.arguments for form in self.forms if form.is_changed}

    @property
    def digest(self) -> str:
        """Of the edits: what resumes is what was shown."""
        return hashlib.sha256(canonical(self.edits)).hexdigest()[:16]

    @property
    def answer(self) -> Answer:
        """The edits; and the steps that wait for an answer and would else wait for ever, as they are."""
        return Answer(Kind.EDIT, edits=self.edits, steps=self._waiting())

    @property
    def changed(self) -> list[StepForm]:
        return [form for form in self.forms if form.is_changed]

    @property
    def effects(self) -> list[tuple[str, str]]:
        """ "Runs again", "E3, E5" and the like."""
        return in_words(effect(self.escalation, self.answer))

    @property
    def count(self) -> int:
        """How many problems there are."""
        return len(self.problems) + sum(form.count for form in self.forms)

    def take(self, typed: Typed) -> None:
        """Take over what was typed, without a word about what is wrong with it."""
        for form in self.forms:
            form.take(typed)

    def check(self) -> None:
        """Note all that is wrong with the edits, each at its field."""
        forms = {form.step.step_id: form for form in self.forms}
        for misfit in misfits(self.steps, self.edits):
            forms[misfit.step].place(misfit)
        if not self.count and not self.edits:
            self.problems.append(NOTHING)

    def _waiting(self) -> list[str]:
        if self.escalation.reason == Reason.PLAN_APPROVAL:
            return []
        waits = (StepStatus.FAILED, StepStatus.AWAITING_APPROVAL)
        return [step.step_id for step in self.steps if step.step_id in self.escalation.steps and step.status in waits]
