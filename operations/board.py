"""The steps of a running operation in memory: what is ready, what is due, what is stuck. No database, no network."""

import heapq
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from operations.evidence import EvidenceError, references, resolve
from operations.graph import Graph
from operations.models import Step
from operations.states import StepStatus

DONE = frozenset({StepStatus.COMPLETED, StepStatus.SKIPPED})
UNRESOLVED = frozenset({StepStatus.FAILED, StepStatus.AWAITING_APPROVAL})
KNOCK = timedelta(seconds=1)  # between two tries at a worker that is full


@dataclass
class Gate:
    """A worker that is full: the steps that wait for it, never none, and when the first of them tries in any case."""

    until: datetime
    waiting: deque[Step] = field(default_factory=deque)


class Board:
    """Keeps count of what each step still waits for, so that one step's end costs only a look at its users."""

    def __init__(self, steps: Iterable[Step]):
        self.in_flight: set[str] = set()
        self.ready: deque[Step] = deque()
        self._later: list[tuple[datetime, int, Step]] = []
        self._gates: dict[str, Gate] = {}
        self._ties = count()
        self.read(steps)

    def read(self, steps: Iterable[Step]) -> None:
        """Begin anew with these steps."""
        self.graph = Graph(steps)
        self.steps = self.graph.steps
        self.ready.clear()
        self._later.clear()
        self._gates.clear()
        self._missing = {
            step_id: sum(self._unmet(needed) for needed in needs) for step_id, needs in self.graph.needs.items()
        }
        self._templates = [step for step in self.steps.values() if step.for_each is not None]
        self._open = Counter(step.template for step in self.steps.values() if step.template and step.status not in DONE)
        for step in self.steps.values():
            self._place(step)

    def _unmet(self, step_id: str) -> bool:
        return step_id in self.steps and self.steps[step_id].status not in DONE

    def _place(self, step: Step) -> None:
        """Put a step where it will be found when its time comes."""
        if step.for_each is not None or self._missing[step.step_id] or step.step_id in self.in_flight:
            return
        if step.status == StepStatus.RUNNING or (step.status == StepStatus.PENDING and step.due_at):
            self.postpone(step)
        elif step.status == StepStatus.PENDING:
            self._line_up(step)

    def _line_up(self, step: Step) -> None:
        """Put a step among the ready ones; a new call of a worker that is full waits with the others."""
        gate = None if step.location else self._gates.get(step.worker)
        (gate.waiting if gate else self.ready).append(step)

    def postpone(self, step: Step) -> None:
        """Come back to a step at its ``due_at``; at once if it has none."""
        if step.due_at is None:
            self._line_up(step)
        else:
            heapq.heappush(self._later, (step.due_at, next(self._ties), step))

    def turned_away(self, step: Step, until: datetime) -> None:
        """Its worker is full: hold the step, and all others for that worker, until one gets a chance (`has_room`).

        Else each of a thousand steps would knock again and again. After ``until`` one tries in any case.
        """
        gate = self._gates.get(step.worker)
        if gate is None:
            gate = self._gates[step.worker] = Gate(until)
            ready, self.ready = self.ready, deque()
            for one in ready:
                self._line_up(one)
        gate.waiting.appendleft(step)

    def has_room(self, worker: str) -> None:
        """One step that waits for the worker may try: a call of it has ended, or a new one was taken."""
        if gate := self._gates.get(worker):
            self.ready.append(gate.waiting.popleft())
            if not gate.waiting:
                del self._gates[worker]

    def due(self, now: datetime) -> None:
        """Move the steps whose time has come to the ready ones."""
        while self._later and self._later[0][0] <= now:
            self._line_up(heapq.heappop(self._later)[2])
        for worker, gate in list(self._gates.items()):
            if gate.until <= now:
                gate.until = now + KNOCK
                self.has_room(worker)

    @property
    def next_due(self) -> datetime | None:
        times = [gate.until for gate in self._gates.values()]
        return min([*times, self._later[0][0]] if self._later else times, default=None)

    def ended(self, step: Step) -> None:
        """Note that ``step`` is done, and what may begin because of it."""
        if step.template:
            self._open[step.template] -= 1
        for user in self.graph.used_by[step.step_id]:
            self._missing[user] -= 1
            self._place(self.steps[user])

    def expandable(self) -> list[Step]:
        """The templates whose list is known now."""
        return [step for step in self._templates if step.status == StepStatus.PENDING and self._list_known(step)]

    def finished_templates(self) -> list[Step]:
        """The templates of which every instance is done."""
        return [step for step in self._templates if step.status == StepStatus.RUNNING and not self._open[step.step_id]]

    def _list_known(self, template: Step) -> bool:
        if source := self.graph.source(template):
            return self.steps[source].status != StepStatus.PENDING
        return not self._missing[template.step_id]

    def instances(self, template: Step) -> list[Step]:
        """New instances of a template, not saved. Raises `EvidenceError` if what it goes over is no list."""
        if source := self.graph.source(template):
            return [
                self._instance(template, same.index or 0, None, same.label) for same in self.graph.instances[source]
            ]
        elements = resolve(template.for_each, lambda name: self.result(template, name))
        if not isinstance(elements, list):
            raise EvidenceError(f"{template.for_each}: for_each needs a list")
        return [self._instance(template, index, element, "") for index, element in enumerate(elements)]

    def _instance(self, template: Step, index: int, item: Any, label: str) -> Step:
        instance = Step(
            operation_id=template.operation_id,
            step_id=f"{template.step_id}[{index}]",
            position=template.position,
            template=template.step_id,
            index=index,
            worker=template.worker,
            action=template.action,
            arguments=template.arguments,
            item=item,
            depends_on=template.depends_on,
            expected_output=template.expected_output,
            timeout_seconds=template.timeout_seconds,
            validation=template.validation,
            run=template.run,
        )
        instance.label = label or self._label(template, item)
        if skipped := self._skipped_needs(instance):
            instance.status, instance.error = StepStatus.SKIPPED, f"needs {skipped}, which was skipped"
        return instance

    def _skipped_needs(self, instance: Step) -> str:
        """The steps without which this element is not gone on with: that was decided before the template was there."""
        needed = [self.steps[name] for name in sorted(self.graph.needs_of(instance)) if name in self.steps]
        return ", ".join(step.step_id for step in needed if step.status == StepStatus.SKIPPED)

    def _label(self, template: Step, item: Any) -> str:
        try:
            return str(resolve(template.label, lambda name: item))[:200]
        except EvidenceError:
            return ""

    def arguments(self, step: Step) -> Any:
        """The step's arguments with every reference replaced. Raises `EvidenceError`."""
        return resolve(step.arguments, lambda name: self.result(step, name))

    def evidence(self, step: Step) -> list[str]:
        """The ids of the steps whose results ``step`` uses."""
        names = {name for name, _ in references(step.arguments)} - {"item"}
        return sorted(self.graph.means(step, name) for name in names)

    def result(self, step: Step, name: str) -> Any:
        """What a reference to ``name`` inside ``step`` stands for."""
        if name == "item":
            source = self.graph.source(step)
            return self.steps[f"{source}[{step.index}]"].result if source else step.item
        meant = self.steps.get(self.graph.means(step, name))
        if meant is None:
            raise EvidenceError(f"#{name}: there is no such step")
        if meant.for_each is not None:
            instances = self.graph.instances[meant.step_id]
            return [one.result for one in instances if one.status == StepStatus.COMPLETED]
        if meant.status != StepStatus.COMPLETED:
            raise EvidenceError(f"#{name}: {meant.step_id} has no result, it is {meant.status}")
        return meant.result

    def unresolved(self) -> list[Step]:
        """The steps about which a person must say something."""
        return [step for step in self.steps.values() if step.status in UNRESOLVED]

    def all_done(self) -> bool:
        return all(step.status in DONE for step in self.steps.values())
