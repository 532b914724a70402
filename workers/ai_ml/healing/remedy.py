"""What a remedy is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call

Name = Literal["ring_stuck_operations", "reset_circuit", "drop_orphaned_staging", "refresh_stale_release"]


class Finding(TypedDict):
    """One case of trouble: the remedy for it, exactly what would be mended, and the evidence in a sentence."""

    remedy: Name
    target: Annotated[str, Field(min_length=1, max_length=200)]
    words: Annotated[str, Field(max_length=1_000)]


class Over(Exception):
    """What was found does not hold any more: there is nothing to mend. The text says why."""


@dataclass(frozen=True)
class Visit:
    """One call, and what it was told to look for."""

    call: Call
    stale_after_days: int


@dataclass(frozen=True)
class Remedy:
    """A way to mend one kind of trouble.

    ``look`` changes nothing and gives the cases, each as its target and the evidence. ``mend`` looks at its target
    again and says what it did, or raises `Over`; a doubled call changes nothing more.
    """

    name: Name
    words: str
    look: Callable[[Visit], Iterator[tuple[str, str]]]
    mend: Callable[[Visit, str], str]
    destructive: bool = False

    def findings(self, visit: Visit) -> Iterator[Finding]:
        for target, words in self.look(visit):
            yield {"remedy": self.name, "target": target, "words": words}
