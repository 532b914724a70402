"""What references lead to now, for a few steps at once."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q

from operations.evidence import REFERENCE, EvidenceError, resolve
from operations.graph import Graph
from operations.models import Operation, Step
from operations.states import StepStatus

Json = dict[str, Any]


class Evidence:
    """Results of the steps that ``steps`` refer to, read in one query; others are not read."""

    def __init__(self, operation: Operation, graph: Graph, steps: Iterable[Step]):
        self.graph = graph
        wanted = {graph.means(step, name) for step in steps for name in _named(step.arguments)}
        about = Q(step_id__in=wanted) | Q(template__in=wanted)
        rows = Step.objects.filter(about, operation=operation, status=StepStatus.COMPLETED) if wanted else []
        self.results: dict[str, Any] = {}
        self.lists: dict[str, list[Any]] = {}
        for row in rows:
            self.results[row.step_id] = row.result
            self.lists.setdefault(row.template, []).append(row.result)

    def resolved(self, step: Step) -> dict[str, Any]:
        """What each argument, or part of one, that is a reference leads to now; not those that lead nowhere yet."""
        found = {}
        for text in set(_whole_references(step.arguments)):
            try:
                found[text] = resolve(text, lambda name: self._result(step, name))
            except EvidenceError:
                continue
        return found

    def _result(self, step: Step, name: str) -> Any:
        if name == "item":
            return step.item
        meant = self.graph.means(step, name)
        target = self.graph.steps.get(meant)
        if target is not None and target.for_each is not None:
            return self.lists.get(meant, [])
        if meant not in self.results:
            raise EvidenceError(f"#{name}: there is no result yet")
        return self.results[meant]


def _named(arguments: Any) -> Iterator[str]:
    for text in _whole_references(arguments):
        if found := REFERENCE.fullmatch(text):
            yield found[2]


def _whole_references(value: Any) -> Iterator[str]:
    """The texts in ``value`` that are exactly one reference."""
    if isinstance(value, str):
        found = REFERENCE.fullmatch(value)
        if found and not found[1]:
            yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _whole_references(part)
