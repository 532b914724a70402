"""The form for the arguments of one step."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from escalations.editing.evidence import Evidence
from escalations.editing.proposals import proposed
from operations import approval
from operations.argument_forms import ABSENT, Change, Field, changes, step_fields
from operations.argument_forms.fields import Typed, together
from operations.argument_forms.spelling import same
from operations.canonical import canonical
from operations.graph import Graph
from operations.models import Step
from operations.planning.edited import Misfit
from workers import registry

REFERENCES = 60  # that a field suggests


@dataclass
class StepForm:
    """A step, the fields of its arguments, what is wrong with them, and what they would change.

    ``unknown`` says why there is but one field, of JSON. ``was`` is the digest of the arguments when the form was
    opened, and ``moved``: somebody changed them since. ``waits``: the action changes data, so that the new arguments
    need an approval of their own.
    """

    step: Step
    fields: list[Field]
    references: list[str]
    error_proposes: str = ""
    unknown: str = ""
    was: str = ""
    moved: bool = False
    waits: bool = False
    arguments: Any = ABSENT
    problems: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.was = self.digest

    @property
    def digest(self) -> str:
        """Of the arguments as they are: another one later means that somebody changed them."""
        return hashlib.sha256(canonical(self.step.arguments)).hexdigest()[:16]

    @property
    def all_fields(self) -> Iterator[Field]:
        for each in self.fields:
            yield from each.all()

    @property
    def count(self) -> int:
        """How many problems there are, here and at the fields."""
        return len(self.problems) + sum(len(each.problems) for each in self.all_fields)

    @property
    def is_changed(self) -> bool:
        return self.arguments is not ABSENT and not same(self.arguments, self.step.arguments)

    def take(self, typed: Typed) -> None:
        """Take over what was typed, and make the arguments of it: `ABSENT` if they cannot be read."""
        name = f"{self.step.step_id} was"
        self.was = typed.get(name, self.digest)
        self.moved = self.was != self.digest
        for each in self.fields:
            each.take(typed)
        is_whole = len(self.fields) == 1 and not self.fields[0].path
        made = self.fields[0].value() if is_whole else together(self.fields)
        self.arguments = ABSENT if self.count else made
        if self.is_changed:
            self.changes = changes(self.step.arguments, self.arguments)
            action = registry.action(self.step.worker, self.step.action)
            self.waits = bool(action) and approval.needed(action or {}, self.arguments)

    def place(self, misfit: Misfit) -> None:
        """Put a problem to the field that it is about, unless that has one already."""
        about = [each for each in self.all_fields if misfit.path[: len(each.path)] == each.path]
        if not about:
            self.problems.append(": ".join([*misfit.path[:1], misfit.message]))
            return
        nearest = max(about, key=lambda each: len(each.path))
        rest = ".".join(misfit.path[len(nearest.path) :])
        if not nearest.problems:
            nearest.problems.append(f"{rest}: {misfit.message}" if rest else misfit.message)


def step_form(step: Step, number: int, graph: Graph, evidence: Evidence) -> StepForm:
    """The form for ``step``, with its arguments as they are."""
    action = registry.action(step.worker, step.action)
    earlier = _earlier(step, graph)
    proposes = proposed(step.error)
    fields = step_fields(
        step.step_id,
        action["parameters"] if action else None,
        step.arguments,
        id=f"a{number}",
        may_refer=bool(earlier),
        resolved=evidence.resolved(step),
        proposed=proposes,
    )
    unknown = "" if action else registry.unknown(step.worker, step.action)
    return StepForm(step, fields, _suggestions(earlier)[:REFERENCES], next(iter(proposes), ""), unknown)


def _earlier(step: Step, graph: Graph) -> list[Step]:
    """The steps whose results this one may use: those that do not wait for it."""
    later = {each.step_id for each in graph.downstream([step.step_id])}
    ids = {step.template} | later
    return [each for each in graph.steps.values() if each.step_id not in ids and not each.template]


def _suggestions(earlier: list[Step]) -> list[str]:
    found = []
    for step in earlier[:REFERENCES]:
        found.append(f"#{step.step_id}")
        action = registry.action(step.worker, step.action)
        if action and step.for_each is None:
            found += [f"#{step.step_id}.{name}" for name in action["result"].get("properties", {})]
    return found
