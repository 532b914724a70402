"""What the steps brought, small enough to show a model: one compressed text for each step of the plan."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from operations.compression import compress
from operations.models import Step
from operations.states import StepStatus


@dataclass(frozen=True)
class Digests:
    """``texts`` by step id, in the order of the plan; the tokens of all results before and after compression."""

    texts: dict[str, str]
    before: int
    after: int


def digests(steps: Iterable[Step], *, tokens: int, query: str = "") -> Digests:
    """The results of the completed ``steps``, in ``tokens`` tokens or about that many.

    What a short result leaves of its share goes to those after it. Instances are shown together, as their template.
    """
    groups = _by_planned_step(steps)
    texts: dict[str, str] = {}
    before, left = 0, tokens
    for number, (step_id, results) in enumerate(groups.items()):
        share = left // (len(groups) - number)
        made = compress(results, query=query, limit=share, reference=f"#{step_id}")
        texts[step_id] = made.text
        before += made.before
        left = max(0, left - made.after)
    return Digests(texts, before, tokens - left)


def _by_planned_step(steps: Iterable[Step]) -> dict[str, Any]:
    """The completed steps' results: one for a plain step, a list of them for one that goes over a list."""
    groups: dict[str, Any] = {}
    for step in steps:
        if step.status != StepStatus.COMPLETED or step.for_each is not None:
            continue
        if step.template:
            groups.setdefault(step.template, []).append(step.result)
        else:
            groups[step.step_id] = step.result
    return groups
