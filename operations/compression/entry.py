"""The way in: any value or text, in as few tokens as it can be said in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from operations.compression import decisions, reading
from operations.compression.abridging import Omission, abridge, encoded
from operations.compression.cells import compact
from operations.compression.sizes import cannot_fit, tokens_in


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
    value, missing = reading.data_or_text(value)
    omitted = (Omission(reference, missing),) if missing else ()
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
