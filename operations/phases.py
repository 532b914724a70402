"""The way of an operation through its phases, as a person sees it."""

from dataclasses import dataclass

from operations.models import Operation
from operations.states import Status

WORDS = {
    "done": "done",
    "now": "now",
    "waiting": "waits for a person",
    "stopped": "stopped here",
    "ahead": "still to come",
}
WHOLE = (Status.PLANNING, Status.EXECUTING, Status.VALIDATING, Status.COMPLETED)


@dataclass(frozen=True)
class Phase:
    """A phase: done, now, waiting, stopped or ahead."""

    label: str
    state: str

    @property
    def words(self) -> str:
        return WORDS[self.state]


def phases(operation: Operation) -> list[Phase]:
    """All phases with how far it got; of an operation that only plans, two."""
    order = (Status.PLANNING, Status.COMPLETED) if operation.parameters.get("plan_only") else WHOLE
    at = min(_reached(operation), len(order) - 1)
    here = _here(Status(operation.status))
    states = ["done"] * at + [here] + ["ahead"] * (len(order) - at - 1)
    return [Phase(str(phase.label), state) for phase, state in zip(order, states, strict=True)]


def _reached(operation: Operation) -> int:
    """The place of the phase that it is in, or was in when it stopped."""
    if operation.status in WHOLE:
        return WHOLE.index(Status(operation.status))
    if operation.result is not None or operation.confidence_score is not None:
        return WHOLE.index(Status.VALIDATING)
    return WHOLE.index(Status.EXECUTING if operation.plan_version else Status.PLANNING)


def _here(status: Status) -> str:
    if status == Status.COMPLETED:
        return "done"
    if status == Status.ESCALATING:
        return "waiting"
    return "now" if status in WHOLE else "stopped"
