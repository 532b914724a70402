"""Which sentences of a text say most to a query.

One is worth more, the better it fits the query (with its passage's title, which says what "it" is), the better its
passage as a whole does, if it comes first there, if good sentences elsewhere name what its passage is about (the
second hop of a question that needs two), and if it says more about the names that those brought up. The weights were
set on one half of HotpotQA's questions and are flat around these values: see `benchmarks/compression.py`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from operations.compression import meaning
from operations.compression.decisions import says_decision
from operations.compression.relevance import Relevance, around, scaled
from operations.compression.words import names, plain, terms

PASSAGE = 0.6  # for the relevance of the whole passage
FIRST = 0.15
DECIDED = 0.5
TITLE = 0.6  # for a title of which the query has the words; 1 where it has them as they are
HOP = 0.7  # for the best sentence elsewhere that names the passage
BRIDGE, BRIDGES = 0.5, 4  # for names in the best sentences; so many are the best
LONG = 40  # sentences of a passage
BRIDGE_TERMS = 3  # of the rarest terms earn the whole of it
MEANING, SHORTLIST = 0.3, 64  # for what a model finds alike, if there is one; so many of the best are read by it
OWN_WORDS = 24  # terms that stand for a query where there is none
MOST_NAMESAKES = 3  # passages with one title; more are a section, and nobody's name
ASIDE = re.compile(r"\s*\([^()]*\)\s*$")


@dataclass(frozen=True)
class Piece:
    """A sentence, or a turn of a dialogue: its text, the number and title of its passage, and is it the first there?"""

    text: str
    passage: int
    title: str
    first: bool


class Pieces:
    """The pieces of a text, with what is counted about them once."""

    def __init__(self, pieces: Sequence[Piece], query: str):
        self.pieces = pieces
        self.asked_for = query
        self.query = plain(query)
        self.has_query = bool(terms(query))
        self.words = [terms(piece.text) for piece in pieces]
        self.titles = {piece.passage: piece.title for piece in pieces}
        self.title_words = {passage: terms(title) for passage, title in self.titles.items()}
        titled = [its + self.title_words[piece.passage] for its, piece in zip(self.words, pieces, strict=True)]
        self.relevance = Relevance(titled)
        self.asked = terms(query) or self._own_words()
        self.fits = self.relevance.scores(self.asked)

    def _own_words(self) -> list[str]:
        """What the text itself is about: terms that are frequent, and not everywhere."""
        times = Counter(term for its in self.words for term in its)
        return sorted(times, key=lambda term: (-times[term] * self.relevance.weight(term), term))[:OWN_WORDS]


def scores(text: Pieces) -> list[float]:
    """What each piece is worth to somebody who asks the query; to anybody, if there is none."""
    passages = _passages(text)
    worth = [
        fit + PASSAGE * passages[piece.passage] + FIRST * piece.first + _decided(text, piece) + near
        for fit, piece, near in zip(text.fits, text.pieces, _near(text), strict=True)
    ]
    if meaning.is_on() and text.has_query:
        worth = [value + MEANING * alike for value, alike in zip(worth, likeness(text, worth), strict=True)]
    hops = _hops(text, worth)
    return [
        value + HOP * hops.get(piece.passage, 0.0) + BRIDGE * bridge
        for value, piece, bridge in zip(worth, text.pieces, _bridges(text, worth), strict=True)
    ]


def _near(text: Pieces) -> list[float]:
    """In passages too long to be about one thing, what the neighbours of each sentence are worth to it."""
    places: dict[int, list[int]] = defaultdict(list)
    for index, piece in enumerate(text.pieces):
        places[piece.passage].append(index)
    found = [0.0] * len(text.pieces)
    for its in places.values():
        if len(its) >= LONG:
            fits = [text.fits[index] for index in its]
            for place, index in enumerate(its):
                found[index] = around(fits, place)
    return found


def likeness(text: Pieces, worth: Sequence[float]) -> list[float]:
    """How much each of the best pieces, behind its title, means what the query does; 0 for the others."""
    best = sorted(range(len(worth)), key=lambda index: (-worth[index], index))[:SHORTLIST]
    said = [f"{piece.title}. {piece.text}" if piece.title else piece.text for piece in text.pieces]
    alike = dict(zip(best, meaning.likeness(text.asked_for, [said[index] for index in best]), strict=True))
    return [alike.get(index, 0.0) for index in range(len(worth))]


def _decided(text: Pieces, piece: Piece) -> float:
    """Where nothing is asked, what was decided matters most."""
    return DECIDED * (not text.has_query and says_decision(piece.text))


def _passages(text: Pieces) -> dict[int, float]:
    """The relevance of each passage, 1 for the best."""
    whole = {passage: list(its) for passage, its in text.title_words.items()}
    for piece, its in zip(text.pieces, text.words, strict=True):
        whole[piece.passage] += its
    relevance = Relevance(list(whole.values()))
    fits = relevance.scores(text.asked)
    found = [fit + _title_fits(text, passage, relevance) for passage, fit in zip(whole, fits, strict=True)]
    return dict(zip(whole, scaled(found), strict=True))


def _title_fits(text: Pieces, passage: int, relevance: Relevance) -> float:
    if _name(text.titles[passage]) in text.query and text.title_words[passage]:
        return 1.0
    weights = {term: relevance.weight(term) for term in text.title_words[passage]}
    whole = sum(weights.values())
    return TITLE * sum(weights[term] for term in sorted(weights.keys() & set(text.asked))) / whole if whole else 0.0


def _name(title: str) -> str:
    return plain(ASIDE.sub("", title))


def _hops(text: Pieces, worth: Sequence[float]) -> dict[int, float]:
    """For each passage, how good the best sentence elsewhere is that names it."""
    called = _called(text)
    by_first_word: dict[str, list[str]] = defaultdict(list)
    for name in called:
        by_first_word[name.split()[0]].append(name)
    best: dict[int, float] = defaultdict(float)
    for piece, value in zip(text.pieces, scaled(worth), strict=True):
        said = plain(piece.text)
        heard = {name for word in set(said.split()) for name in by_first_word.get(word, ()) if name in said}
        for passage in {passage for name in heard for passage in called[name]} - {piece.passage}:
            best[passage] = max(best[passage], value)
    return best


def _called(text: Pieces) -> dict[str, list[int]]:
    """The passages by name, where a name is not that of a whole section."""
    called: dict[str, list[int]] = defaultdict(list)
    for passage, title in text.titles.items():
        if text.title_words[passage]:
            called[_name(title)].append(passage)
    return {name: passages for name, passages in called.items() if len(passages) <= MOST_NAMESAKES and name.strip()}


def _bridges(text: Pieces, worth: Sequence[float]) -> list[float]:
    """How much each sentence says about the names in the best ones, which bring their own already."""
    ranked = sorted(range(len(worth)), key=lambda index: (-worth[index], index))[:BRIDGES]
    asked = set(text.asked)
    share = scaled(worth)
    value: dict[str, float] = defaultdict(float)
    for index in ranked:
        for name in names(text.pieces[index].text):
            for term in set(terms(name)) - asked:
                value[term] = max(value[term], share[index])
    rarest = max(text.relevance.weights.values(), default=1.0)
    full = BRIDGE_TERMS * rarest
    found = [
        min(1.0, sum(value[term] * text.relevance.weight(term) for term in sorted(value.keys() & set(its))) / full)
        for its in text.words
    ]
    for index in ranked:
        found[index] = 0.0
    return found
