"""What a check found, and what is to be done about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One line of the report: ``about`` what, what was found, and what to ``do`` (nothing, where all is well)."""

    about: str
    level: Level
    found: str
    do: str = ""


def ok(about: str, found: str) -> Finding:
    return Finding(about, Level.OK, found)


def warning(about: str, found: str, do: str) -> Finding:
    return Finding(about, Level.WARNING, found, do)


def error(about: str, found: str, do: str) -> Finding:
    return Finding(about, Level.ERROR, found, do)


@dataclass(frozen=True)
class Check:
    """Something to look at. Who ``look``s may raise: that is a finding too, and ``do`` its remedy."""

    about: str
    look: Callable[[], Iterable[Finding]]
    do: str
