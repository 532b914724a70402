"""The way in: any value or text, in as few tokens as it can be said in."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from operations.compression import decisions
from operations.compression.abridging import Omission, abridge, encoded
from operations.compression.cells import compact, sendable
from operations.compression.sizes import cannot_fit, tokens_in

DEEPEST = 100  # levels of a value; what lies deeper is no data


@dataclass(frozen=True)
class Compressed:
    """The text, the tokens ``before`` (as compact JSON or plain text) and ``after``, and what was left out."""

    text: str
    before: int
    after: int
    omitted: tuple[Omission, ...] = ()

    @property
    def is_lossless(self) -> bool:
        return not self.omitted


def compress(
    value: Any, *, query: str = "", pinned: Iterable[Any] = (), limit: int | None = None, reference: str = "#E1"
) -> Compressed:
    """``value`` (JSON data, a text, bytes) as text for a model, never in more tokens than it has plainly.

    Without ``limit`` nothing is lost: a text stays as it is, and `documents.decode` gives data back. With one, at
    most so many tokens are used: what says most to ``query``, figures about the rest, and references into
    ``reference``, under which all of it can be looked up. The ``pinned`` facts stand verbatim, whatever the limit.
    With ENABLE_CONTEXT_COMPRESSION off, the text is compact JSON or the text itself.
    """
    value, omitted = _readable(value, reference)
    plain = value if isinstance(value, str) else compact(value)
    facts = decisions.verbatim(pinned)
    unchanged = _with(facts, plain)
    before = tokens_in(unchanged)
    if not settings.ENABLE_CONTEXT_COMPRESSION:
        return Compressed(unchanged, before, before, omitted)
    text, more = _within(value, plain, query, limit, facts, reference)
    text = _with(facts, text)
    after = tokens_in(text)
    if after > before or text == unchanged:
        return Compressed(unchanged, before, before, omitted)
    return Compressed(text, before, after, (*omitted, *more))


def _within(
    value: Any, plain: str, query: str, limit: int | None, facts: list[str], reference: str
) -> tuple[str, list[Omission]]:
    if limit is None or not cannot_fit(tokens_in(plain), limit):
        text = encoded(value)
        if limit is None or tokens_in(_with(facts, text)) <= limit:
            return text, []
    room = max(0, limit - tokens_in(_with(facts, "")))
    try:
        return abridge(value, query, room, reference)
    except RecursionError:
        return abridge(plain, query, room, reference)


def _with(facts: list[str], text: str) -> str:
    """The text behind those facts that it does not have as they are."""
    return "\n".join([*(fact for fact in facts if fact not in text), text])


def _readable(value: Any, reference: str) -> tuple[Any, tuple[Omission, ...]]:
    """A text, or data of JSON's types: JSON in a text is data, bytes are text. And what is too deep to be told."""
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode(errors="replace")
    if isinstance(value, str):
        return (_data(value) if value.lstrip()[:1] in ("{", "[") else sendable(value)), ()
    try:
        return json.loads(compact(value)), ()
    except (RecursionError, ValueError):
        shallow = json.loads(compact(_shallow(value, DEEPEST)))
        return shallow, (Omission(reference, f"what lies deeper than {DEEPEST} levels"),)


def _data(text: str) -> Any:
    """The data that a text is, if it is JSON."""
    try:
        return json.loads(text)
    except (RecursionError, ValueError):
        return sendable(text)


def _shallow(value: Any, levels: int) -> Any:
    """``value`` without what lies deeper than so many levels."""
    if isinstance(value, dict):
        return {str(name): _shallow(inner, levels - 1) for name, inner in value.items()} if levels else "…"
    if isinstance(value, list | tuple):
        return [_shallow(inner, levels - 1) for inner in value] if levels else "…"
    return value if isinstance(value, str | int | float | bool | None) else str(value)
