"""Texts cut down to a number of tokens: whole sentences, in their order, with a mark where some are left out."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from operations.compression import dialogue, prose
from operations.compression.narrowing import narrowed
from operations.compression.prose import Piece, Pieces
from operations.compression.sentences import Passage, passages
from operations.compression.words import NAME, STOP_WORDS
from workers import tokens

GAP = "… "
MISSES = 200  # sentences in a row that did not fit: after so many, the rest does not either
LONGEST_NAME = 60
OPENING = " \t\"'(\u201c\u2018"
MOST_CHARACTERS = 1_000_000  # that are weighed sentence by sentence


@dataclass(frozen=True)
class Excerpt:
    """What is left of a text, and how many of its sentences that is; of a very long one ``total`` is an estimate."""

    text: str
    kept: int
    total: int

    @property
    def is_whole(self) -> bool:
        return self.kept == self.total


@dataclass(frozen=True)
class Source:
    """A text with its passages; those of a dialogue are its turns. ``length`` is that of the text before narrowing."""

    text: str
    length: int
    passages: list[Passage]
    is_dialogue: bool


def excerpts(texts: Sequence[tuple[str, str]], query: str, limit: int, around: int = 0) -> list[Excerpt]:
    """Of (title, text) pairs the sentences that say most to ``query``, in at most ``limit`` tokens together.

    Each text of which something is kept takes ``around`` tokens more.
    """
    weighed = MOST_CHARACTERS / max(MOST_CHARACTERS, sum(len(text) for _, text in texts))
    sources = [_source(narrowed(text, query, math.ceil(len(text) * weighed)), len(text)) for _, text in texts]
    pieces = list(_pieces(sources, [title for title, _ in texts]))
    asked = Pieces([piece for _, piece in pieces], query)
    worth = (dialogue if all(source.is_dialogue for source in sources) else prose).scores(asked)
    ranked = sorted(range(len(pieces)), key=lambda index: (-worth[index], index))
    kept = list(_fitting(ranked, sources, [place for place, _ in pieces], limit, around))
    while True:
        shown = _assemble(sources, {pieces[index][0] for index in kept})
        over = (
            tokens.count("\n".join(one.text for one in shown)) + around * sum(bool(one.kept) for one in shown) - limit
        )
        if over <= 0 or not kept:
            return shown
        del kept[-max(1, over // 60) :]


Place = tuple[int, int, int]  # source, passage, sentence


def _source(text: str, length: int) -> Source:
    turns = dialogue.turns(text)
    return Source(text, length, turns or passages(text), bool(turns))


def _pieces(sources: Sequence[Source], titles: Sequence[str]) -> Iterator[tuple[Place, Piece]]:
    number = 0
    for which, (source, title) in enumerate(zip(sources, titles, strict=True)):
        for place, passage in enumerate(source.passages):
            number += 1
            about = passage.title or title or _subject(source.text, passage)
            for index, (start, end) in enumerate(passage.sentences):
                yield (which, place, index), Piece(source.text[start:end], number, about, index == 0)


def _subject(text: str, passage: Passage) -> str:
    """The name that an untitled passage begins with, if it begins with one."""
    if not passage.sentences:
        return ""
    beginning = text[slice(*passage.sentences[0])][:LONGEST_NAME].lstrip(OPENING)
    name = NAME.match(beginning)
    words = name[0].split() if name else []
    while words and words[0].lower() in STOP_WORDS:
        words = words[1:]
    return " ".join(words)


def _fitting(
    ranked: Sequence[int], sources: Sequence[Source], places: Sequence[Place], limit: int, around: int
) -> Iterator[int]:
    """The best of the ranked pieces that fit together."""
    left, misses = limit, 0
    begun: set[Any] = set()  # passages and texts of which something is kept
    said: set[str] = set()  # what is said again is not kept again
    for index in ranked:
        which, place, number = places[index]
        source = sources[which]
        passage = source.passages[place]
        text = _slice(source.text, passage.sentences[number])
        if text in said:
            continue
        cost = tokens.count(text)
        if (which, place) not in begun:
            cost += tokens.count(_slice(source.text, passage.head)) + 1 + (around if which not in begun else 0)
        if cost > left:
            misses += 1
            if misses > MISSES:
                return
            continue
        misses = 0
        left -= cost
        begun |= {which, (which, place)}
        said.add(text)
        yield index


def _slice(text: str, span: tuple[int, int]) -> str:
    return text[span[0] : span[1]].strip()


def _assemble(sources: Sequence[Source], kept: set[Place]) -> list[Excerpt]:
    chosen: dict[tuple[int, int], list[int]] = defaultdict(list)
    for which, place, number in sorted(kept):
        chosen[which, place].append(number)
    return [_excerpt(source, which, chosen) for which, source in enumerate(sources)]


def _excerpt(source: Source, which: int, chosen: dict[tuple[int, int], list[int]]) -> Excerpt:
    total = sum(len(passage.sentences) for passage in source.passages)
    kept = sum(len(chosen[which, place]) for place in range(len(source.passages)))
    if source.length > len(source.text):
        total = max(kept + 1, round(total * source.length / len(source.text)))
    elif kept == total:
        return Excerpt(source.text, kept, total)
    parts = [_part(source.text, passage, chosen[which, place]) for place, passage in enumerate(source.passages)]
    return Excerpt("\n".join(part for part in parts if part), kept, total)


def _part(text: str, passage: Passage, numbers: Sequence[int]) -> str:
    """What is kept of a passage, behind its title."""
    if not numbers:
        return ""
    shown = text[slice(*passage.head)].lstrip()
    for before, number in zip([-1, *numbers], numbers, strict=False):
        shown += (GAP if number != before + 1 else "") + text[slice(*passage.sentences[number])]
    return shown.rstrip()
