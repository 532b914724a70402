"""Which step waits for which. Pure: works on steps in memory, saved or not.

A step depends on the steps that its arguments refer to and on those it names in ``depends_on``. Templates that go
over the same list (``for_each: "#E2"`` where E2 is a template too) walk it together: inside ``E5[3]``, ``#E3``
means ``E3[3]``. Elsewhere ``#E3`` means the list of all its results.
"""

from collections import defaultdict
from collections.abc import Iterable

from operations.evidence import references
from operations.models import Step


class Graph:
    """The steps of one operation, by id, with their dependencies in both directions."""

    def __init__(self, steps: Iterable[Step]):
        self.steps = {step.step_id: step for step in steps}
        self.instances: dict[str, list[Step]] = defaultdict(list)
        for step in self.steps.values():
            if step.template:
                self.instances[step.template].append(step)
        self._roots = {
            step_id: self._root(step_id) for step_id, step in self.steps.items() if step.for_each is not None
        }
        self.needs = {step_id: self.needs_of(step) for step_id, step in self.steps.items()}
        self.used_by: dict[str, list[str]] = defaultdict(list)
        for step_id, needed in self.needs.items():
            for other in needed:
                self.used_by[other].append(step_id)

    def aligned_with(self, step: Step, name: str) -> bool:
        """Does ``name`` mean, inside the instance ``step``, the instance at the same index?"""
        return bool(step.template) and name in self._roots and self._roots[name] == self._roots[step.template]

    def means(self, step: Step, name: str) -> str:
        """The id of the step that a reference to ``name`` inside ``step`` leads to."""
        return f"{name}[{step.index}]" if self.aligned_with(step, name) else name

    def downstream(self, step_ids: Iterable[str], *, needing: bool = False) -> list[Step]:
        """The named steps and those that depend on them, directly or not.

        With ``needing`` only those that cannot do without: a step that collects the results of a whole template
        can do without one of them.
        """
        found: dict[str, Step] = {}
        waiting = [step_id for step_id in step_ids if step_id in self.steps]
        while waiting:
            step_id = waiting.pop()
            if step_id in found:
                continue
            step = found[step_id] = self.steps[step_id]
            waiting.extend(instance.step_id for instance in self.instances[step_id])
            waiting.extend(self.used_by[step_id])
            if step.template and not needing:
                waiting.extend(user for user in self.used_by[step.template] if not self._in_step(user, step.template))
        return sorted(found.values(), key=lambda step: (step.position, step.index or 0))

    def _in_step(self, user: str, template: str) -> bool:
        """Is ``user`` a template, or an instance of one, that goes over the list together with ``template``?"""
        step = self.steps[user]
        return self._roots.get(step.template or user) == self._roots[template]

    def needs_of(self, step: Step) -> set[str]:
        """A template waits for its list alone; its instances wait for the rest, and for the element at hand."""
        if step.for_each is not None:
            return {name for name, _ in references(step.for_each)} - {step.step_id}
        names = {name for name, _ in references(step.arguments)} - {"item"} | set(step.depends_on)
        if source := self.source(step):
            names.add(source)
        return {self.means(step, name) for name in names} - {step.step_id}

    def source(self, step: Step) -> str:
        """The template whose results are the elements that ``step`` (a template or an instance) goes over, if any."""
        template = self.steps.get(step.template or step.step_id)
        name = template.for_each if template else None
        name = name.removeprefix("#") if isinstance(name, str) else ""
        return name if name in self._roots else ""

    def _root(self, step_id: str) -> str:
        """The template whose list this one goes over. (A plan that was checked has no cycles.)"""
        source = self.steps[step_id].for_each
        while isinstance(source, str) and (name := source.removeprefix("#")) in self.steps:
            if self.steps[name].for_each is None:
                break
            step_id, source = name, self.steps[name].for_each
        return step_id
