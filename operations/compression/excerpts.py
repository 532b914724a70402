"""Texts cut down to a number of tokens: whole sentences, in their order, with a mark where some are left out."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from operations.compression import dialogue, narrowing, prose
from operations.compression.prose import Piece, Pieces
from operations.compression.sentences import Passage, passages
from operations.compression.words import NAME, STOP_WORDS
from workers import tokens

GAP = "… "
MISSES = 200  # sentences in a row that did not fit: after so many, the rest does not either
LONGEST_NAME = 60
FEWEST_TOKENS = 8  # of the beginning of a sentence that does not fit
OPENING = " \t\"'(\u201c\u2018"
MOST_CHARACTERS, MOST_SENTENCES = 1_000_000, 30_000  # that are weighed one by one
LEAST_CHARACTERS = 10_000
USUAL = 100  # characters of a sentence
Place = tuple[int, int, int]  # source, passage, sentence


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
    sources = _sources([text for _, text in texts], query)
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
        if not kept:
            return _beginning(shown, sources, pieces, ranked, limit - around)
        if over <= 0:
            return shown
        del kept[-max(1, over // 60) :]


def _beginning(
    shown: list[Excerpt],
    sources: Sequence[Source],
    pieces: Sequence[tuple[Place, Piece]],
    ranked: Sequence[int],
    room: int,
) -> list[Excerpt]:
    """Where no sentence fits, as many words as do of the best one."""
    if not ranked or room < FEWEST_TOKENS:
        return shown
    (which, _, _), piece = pieces[ranked[0]]
    text = piece.text.strip()
    while tokens.count(text) > room - 1:
        text = text[: len(text) * 3 // 4]
    cut = text[: text.rfind(" ")] if " " in text else text
    return [
        replace(one, text=f"{cut} {GAP.strip()}" if number == which else one.text) for number, one in enumerate(shown)
    ]


def _sources(texts: Sequence[str], query: str) -> list[Source]:
    """The texts, narrowed until they are few enough characters and sentences to be weighed one by one."""
    most = MOST_CHARACTERS
    while True:
        fewer = narrowing.fewer(texts, query, most)
        share = min(1.0, most / max(1, sum(map(len, fewer))))
        parts = [narrowing.narrowed(text, query, math.ceil(len(text) * share)) for text in fewer]
        sources = [_source(part, len(text)) for part, text in zip(parts, texts, strict=True)]
        sentences = sum(len(passage.sentences) for source in sources for passage in source.passages)
        if sentences <= MOST_SENTENCES or most < LEAST_CHARACTERS:
            return sources
        most = most * MOST_SENTENCES // (2 * sentences)


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
        whole = total * source.length / len(source.text) if source.text else source.length / USUAL
        total = max(kept + 1, round(whole))
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
