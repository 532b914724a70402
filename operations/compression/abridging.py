"""A value cut down to a number of tokens: as much of it as fits, figures about the rest, and where all of it is.

What is left is a value again, so that `documents.encode` writes it: a list becomes ``{"rows": 312, "all at":
"#E1.rows", "columns": {…}, "shown": […]}``, a text its best sentences and a note.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.compression import documents, gathering, parts, references, rows
from operations.compression.cells import compact
from operations.compression.excerpts import excerpts
from operations.compression.parts import Kind, Part
from operations.compression.references import Path
from operations.compression.sizes import cannot_fit, tokens_in, tokens_of

TRIES = 6
FULL = 0.94  # of the limit: with less, more is tried once
TITLES = ("title", "name", "key", "subject", "heading", "label", "id")
NOTE = 20  # tokens that a note takes
NUMBER = 6  # tokens that the number of a document takes, and its quotes


@dataclass(frozen=True)
class Omission:
    """What was left out, and the reference under which all of it can be looked up."""

    reference: str
    what: str


def abridge(value: Any, query: str, limit: int, reference: str) -> tuple[str, list[Omission]]:
    """``value`` as text of at most ``limit`` tokens (a note of where it is always fits), and what is missing."""
    found = {part.path: part for part in parts.find(value)}
    plain = {path: tokens_of(part.value) for path, part in found.items()}
    costs = {path: _cost(found[path].value, size, limit) for path, size in plain.items()}
    room = float(limit - max(0, tokens_of(value) - sum(plain.values())))
    best: tuple[str, list[Omission]] | None = None
    can_be_more = any(part.kind == Kind.DOCUMENTS for part in found.values())
    for _ in range(TRIES):
        if room <= 0:
            break
        tried = Abridging(query, reference, found, costs, shares(costs, room))
        text = encoded(tried.shown(value))
        size = tokens_in(text)
        if size > limit:
            if best:
                return best
            room = min(room * 0.9, room - 1.2 * (size - limit))
        elif best or not can_be_more or size > FULL * limit:
            return text, tried.omitted
        else:  # tables take less than was thought: once more, with what is left
            best = text, tried.omitted
            room += 0.9 * (limit - size)
    return best or _cut(value, limit, reference)


def _cost(value: Any, plain: int, limit: int) -> int:
    return plain if cannot_fit(plain, limit) else tokens_in(encoded(value))


def encoded(value: Any) -> str:
    """A text as it is, any other value as `documents.encode` writes it."""
    return value if isinstance(value, str) else documents.encode(value)


def shares(costs: Mapping[Path, float], room: float) -> dict[Path, float]:
    """``room`` divided among parts: those that need less than an equal share leave the rest to the others."""
    given: dict[Path, float] = {}
    for path in sorted(costs, key=lambda path: costs[path]):
        given[path] = min(costs[path], room / (len(costs) - len(given)))
        room -= given[path]
    return given


def _cut(value: Any, limit: int, reference: str) -> tuple[str, list[Omission]]:
    """The beginning of the value, where nothing better fits."""
    note = f"… all at {reference}"
    text = value if isinstance(value, str) else compact(value)
    left = max(0, limit - tokens_in(note))
    end = min(len(text), left * 8)
    while end and tokens_in(text[:end]) > left:
        end = end * 3 // 4
    return text[:end] + note, [Omission(reference, "all but the beginning")]


@dataclass
class Abridging:
    """One try. Of each part, ``costs`` says what all of it takes, and ``shares`` how much room it is given."""

    query: str
    reference: str
    parts: dict[Path, Part]
    costs: Mapping[Path, float]
    shares: Mapping[Path, float]
    omitted: list[Omission] = field(default_factory=list)

    def shown(self, value: Any, path: Path = ()) -> Any:
        """``value`` with its parts cut down to their shares."""
        if path in self.parts:
            whole = self.costs[path] <= self.shares[path] and self.parts[path].kind != Kind.TOO_DEEP
            return value if whole else self._part(self.parts[path], int(self.shares[path]))
        if isinstance(value, dict):
            return {name: self.shown(inner, (*path, name)) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.shown(inner, (*path, number)) for number, inner in enumerate(value)]
        return value

    def _part(self, part: Part, share: int) -> Any:
        where = references.to(self.reference, part.path)
        match part.kind:
            case Kind.TEXT:
                return self._text(part.value, share, where)
            case Kind.DIALOGUE:
                return self._text(_spoken(part.value), share, where)
            case Kind.DOCUMENTS:
                return self._documents(gathering.documents(part.value), share, where)
            case Kind.ROWS:
                told, what = rows.within(part.value, share, self.query, where)
                return self._noted(told, where, what)
            case Kind.TOO_DEEP:
                return self._noted(f"… all at {where}", where, "what lies deeper")

    def _noted(self, told: Any, where: str, what: str) -> Any:
        self.omitted.append(Omission(where, what))
        return told

    def _text(self, text: str, share: int, where: str) -> str:
        [kept] = excerpts([("", text)], self.query, max(0, share - NOTE))
        if kept.is_whole:
            return text
        what = f"{kept.total - kept.kept} of {kept.total} sentences"
        return self._noted(f"{kept.text}\n[… {what} left out: {where}]".lstrip(), where, what)

    def _documents(self, documents: list[dict[str, Any]], share: int, where: str) -> Any:
        """The documents of which sentences fit, with those alone."""
        names = gathering.text_names(documents)
        held = [(number, name) for number, row in enumerate(documents) for name in row if name in names]
        texts = [
            (_title(documents[number], names), gathering.as_text(documents[number][name])) for number, name in held
        ]
        around = tokens_of([_beside(row, names) for row in documents]) // len(documents)
        kept = excerpts(texts, self.query, max(0, share - NOTE), around + NUMBER)
        shown: dict[int, dict[str, Any]] = {}
        for (number, name), excerpt in zip(held, kept, strict=True):
            if excerpt.text:
                shown.setdefault(number, _without(documents[number], names, number))[name] = excerpt.text
        what = f"{sum(one.total - one.kept for one in kept)} of {sum(one.total for one in kept)} sentences"
        told = {"documents": len(documents), "all at": where, "left out": what}
        return self._noted(told | {"shown": [shown[number] for number in sorted(shown)]}, where, what)


def _beside(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """What a document has beside its texts."""
    return {name: inner for name, inner in document.items() if name not in names}


def _without(document: dict[str, Any], names: set[str], number: int) -> dict[str, Any]:
    """That, behind the document's number where it has no key."""
    other = _beside(document, names)
    return other if gathering.KEY in other else {"row": number} | other


def _title(document: dict[str, Any], texts: set[str]) -> str:
    named = (document[name] for name in TITLES if name not in texts and isinstance(document.get(name), str))
    return next(named, "")


def _spoken(turns: list[dict[str, Any]]) -> str:
    """The turns as a written dialogue."""
    speaker, said = parts.speaker_and_said(turns) or ("", "")
    return "\n".join(f"{turn[speaker]}: {parts.said_in(turn[said]) or '…'}" for turn in turns)
