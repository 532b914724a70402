"""What a planner hands over: a checked plan, or why there is none."""

from dataclasses import dataclass
from typing import Any

from operations.models import PlanCache
from operations.states import Planner

Json = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A checked plan, where it came from, and what a reader of the history should know of its making.

    ``cached`` is the kept plan that it is an instance of; ``key`` and ``lines`` say what to keep of a new one.
    """

    plan: Json
    source: Planner
    note: str = ""
    cached: PlanCache | None = None
    key: str = ""
    lines: tuple[str, ...] = ()


class NoPlan(Exception):
    """A planner made no sound plan. The text says why; ``problems`` has each mistake, where it made one."""

    def __init__(self, why: str, problems: list[str] | None = None):
        super().__init__(why)
        self.problems = problems or [why]
