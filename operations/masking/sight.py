"""What who looks may see at this moment. Where nobody said anything, everything that tells of a person is hidden."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

ALL = "all"  # in place of a part: the whole page
FIRST = re.compile(r"\w+")


@dataclass
class Sight:
    """The eyes of one request.

    ``may_ask``: has the permission to see what tells of people. ``parts``: the parts of the page that he asked for.
    ``hidden`` and ``seen`` collect what kinds of values were met, ``known`` the values themselves, so that they are
    hidden in texts about them, too. ``target`` and ``operation``: whom or what the page is about, for the record.
    """

    may_ask: bool = False
    parts: frozenset[str] = frozenset()
    is_open: bool = False
    hidden: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    target: tuple[str, str] = ("", "")
    operation: str = ""
    page: str = ""  # its address, where that is not the request's
    _index: tuple[int, dict[str, list[str]]] = field(default_factory=lambda: (0, {}))  # of so many values

    def by_first_word(self) -> dict[str, list[str]]:
        """What is known by the word that it begins with, the longest first."""
        if self._index[0] != len(self.known):
            index: dict[str, list[str]] = {}
            for value in sorted(self.known, key=len, reverse=True):
                first = FIRST.match(value)
                index.setdefault(first[0].casefold() if first else "", []).append(value)
            self._index = (len(self.known), index)
        return self._index[1]


_sight: ContextVar[Sight | None] = ContextVar("sight", default=None)


def sight() -> Sight:
    """That of the request; outside of any one that sees nothing."""
    return _sight.get() or Sight()


@contextmanager
def looking(eyes: Sight) -> Iterator[Sight]:
    """Inside the block things are seen with these ``eyes``."""
    eyes.is_open = ALL in eyes.parts
    token = _sight.set(eyes)
    try:
        yield eyes
    finally:
        _sight.reset(token)


@contextmanager
def part(name: str) -> Iterator[Sight]:
    """A part of the page, which may have been asked for. Gives what was met in it; the page is told of it, too."""
    eyes = sight()
    outer = eyes.is_open, eyes.hidden, eyes.seen
    eyes.is_open, eyes.hidden, eyes.seen = eyes.is_open or name in eyes.parts, set(), set()
    inner = Sight(is_open=eyes.is_open, hidden=eyes.hidden, seen=eyes.seen)
    try:
        yield inner
    finally:
        eyes.is_open, eyes.hidden, eyes.seen = outer
        eyes.hidden |= inner.hidden
        eyes.seen |= inner.seen


def about(kind: str, key: Any, operation: str = "", page: str = "") -> None:
    """Say what is shown, and the address at which it is."""
    eyes = sight()
    eyes.target, eyes.operation, eyes.page = (kind, str(key)), operation, page
