"""What steps took from the results of earlier ones: each reference with the value that it stands for, in short."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from operations.evidence import EvidenceError, references, resolve
from operations.graph import Graph
from operations.models import Operation, Step
from operations.values import in_short

MOST = 12  # references of a step
MOST_RESULTS = 60  # results that are read for one page
PLACE, VALUE = 60, 120  # characters


@dataclass(frozen=True)
class Taken:
    """``place``: where in the arguments; ``reference``: as planned; ``step``: whose page has the value, if any.

    ``words`` say why there is no ``given`` value. ``field``: what the value is called.
    """

    place: str
    reference: str
    step: str
    words: str = ""
    given: Any = None
    field: str = ""

    @property
    def value(self) -> str:
        """As who looks may see it."""
        return self.words or in_short(self.given, VALUE, self.field)


def taken_by(operation: Operation, steps: Sequence[Step]) -> dict[int, tuple[Taken, ...]]:
    """What each of ``steps`` took, by primary key, in two queries."""
    if not steps:
        return {}
    rows = Step.objects.filter(operation=operation)
    templates = rows.filter(for_each__isnull=False).defer("result", "progress")
    graph = Graph({step.step_id: step for step in [*templates, *steps]}.values())
    used = {step.pk: list(_references(step))[:MOST] for step in steps}
    wanted = {_meant(graph, step, name) for step in steps for _, _, name, _ in used[step.pk]} - {""}
    wanted -= {name for name in wanted if name in graph.steps and graph.steps[name].for_each is not None}
    read = rows.filter(step_id__in=sorted(wanted)[:MOST_RESULTS], result__isnull=False)
    results = dict(read.values_list("step_id", "result"))
    return {step.pk: tuple(_taken(graph, step, results, *one) for one in used[step.pk]) for step in steps}


def _references(step: Step) -> Iterable[tuple[str, str, str, list[str]]]:
    """Each reference: its place in the arguments, its text, what it names, and the path into that."""
    arguments = step.arguments if isinstance(step.arguments, dict) else {"": step.arguments}
    given = {**arguments} if step.for_each is None else {**arguments, "for each": step.for_each}
    for place, value in given.items():
        for name, path in references(value):
            yield str(place), ".".join([f"#{name}", *path]), name, path


def _meant(graph: Graph, step: Step, name: str) -> str:
    """The step that a reference leads to; empty for an element that is no other step's result."""
    if name != "item":
        return graph.means(step, name)
    source = graph.source(step) if step.template else ""
    return f"{source}[{step.index}]" if source else ""


def _taken(
    graph: Graph, step: Step, results: dict[str, Any], place: str, reference: str, name: str, path: list[str]
) -> Taken:
    meant = _meant(graph, step, name)
    at = (place[:PLACE], reference[:PLACE], meant)
    if words := _missing(graph, step, results, meant):
        return Taken(*at, words)
    given = results[meant] if meant else step.item
    try:
        value = resolve(".".join(["#E1", *path]), lambda _: given)
    except EvidenceError:
        return Taken(*at, "not in the result")
    return Taken(*at, given=value, field=next((part for part in reversed(path) if not part.isdecimal()), place))


def _missing(graph: Graph, step: Step, results: dict[str, Any], meant: str) -> str:
    """Why there is no one value; empty where there is."""
    if meant in graph.steps and graph.steps[meant].for_each is not None:
        return "the list of all its results"
    if not meant and step.for_each is not None:
        return "each element"
    return "not there yet" if meant and meant not in results else ""
