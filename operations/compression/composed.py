"""Texts put together from what other columns say: a label from a county and a type, a path from part of a digest."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from operations.compression.blanks import Pattern
from operations.compression.cells import content, is_text

SAMPLE = 24  # rows that are looked at
MOST_PARTS = 8
LONGEST = 400  # characters of a text that is looked at
SHORTEST = 2  # characters of a part
DIGEST, BEGINNING = 16, 8  # characters of a column of which only the beginning may be a part, and of that
Part = tuple[str, int]  # a column, and how many characters of it: 0 for all


def pattern(values: Sequence[str], sources: Mapping[str, Sequence[str]]) -> Pattern | None:
    """How most texts of a column of identities come of the ``sources``; None where they do not."""
    texts = [row for row, identity in enumerate(values) if is_text(identity) and len(identity) <= LONGEST]
    rows = texts[:: max(1, len(texts) // SAMPLE)][:SAMPLE]
    if not sources or len(rows) < 2 or len({values[row] for row in rows}) < 2:
        return None
    found = Counter(_taken_apart(content(values[row]), row, sources) for row in rows)
    (parts, between), times = found.most_common(1)[0]
    if not parts or times < max(2, len(rows) / 3) or any("<" in text or ">" in text for text in between):
        return None
    firsts = tuple(first for _, first in parts)
    return Pattern(tuple(name for name, _ in parts), between, firsts if any(firsts) else ())


def _taken_apart(text: str, row: int, sources: Mapping[str, Sequence[str]]) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The parts of ``text`` that the row has in other columns, and the texts around them."""
    pieces: list[str | Part] = [text]
    for said, part in sorted(_candidates(text, row, sources), key=lambda one: -len(one[0])):
        if len(pieces) > 2 * MOST_PARTS:
            break
        pieces = [inner for piece in pieces for inner in _split(piece, said, part)]
    parts: list[Part] = []
    between = [""]
    for piece in pieces:
        if isinstance(piece, str):
            between[-1] += piece
        else:
            parts.append(piece)
            between.append("")
    return tuple(parts), tuple(between)


def _candidates(text: str, row: int, sources: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Part]]:
    for name, values in sources.items():
        identity = values[row]
        if not is_text(identity) and not identity.isdigit():
            continue
        said = content(identity)
        if len(said) >= SHORTEST and said in text:
            yield said, (name, 0)
        elif len(said) >= DIGEST and (at := text.find(said[:BEGINNING])) >= 0:
            length = BEGINNING
            while length < len(said) and text.startswith(said[: length + 1], at):
                length += 1
            yield said[:length], (name, length)


def _split(piece: str | Part, said: str, part: Part) -> Iterator[str | Part]:
    """``piece`` with each ``said`` in it replaced by the part that says it."""
    if not isinstance(piece, str):
        yield piece
        return
    for number, text in enumerate(piece.split(said)):
        if number:
            yield part
        if text:
            yield text
