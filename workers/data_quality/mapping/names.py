"""How alike two columns' names are, in [0, 1]: word by word, where rare words tell more, and numbers have to agree."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import OSA

from workers.data_quality.mapping.words import SPELLED, WORD, parts, segmented, squeezed, words

SAME = 1.0  # the same letters and digits
SAME_WORDS = 0.97
CUT_OFF = 0.93  # the beginning of the other, among names that were cut off
_PREFIX_SHARE, _OTHERS_SHARE = 0.6, 0.3
_LEAST_NAMES = 4
_OTHER_NUMBER, _NO_NUMBER = 0.4, 0.8
_ALIKE = 0.7  # of two words, below which a misspelling is none


@dataclass(frozen=True)
class Name:
    """A column's name, taken apart. ``is_cut``: it may be the beginning of a longer one."""

    name: str
    letters: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    is_cut: bool


class Names:
    """The names of both sides, and how alike each two of them are."""

    def __init__(self, sources: Sequence[str], targets: Sequence[str]):
        split = [_without_affixes(*pair) for pair in _pairs(sources, targets)]
        self.sources = _names(sources, split[0], split[1])
        self.targets = _names(targets, split[1], split[0])
        of_all = [one.words for one in [*self.sources, *self.targets]]
        frequency = Counter(word for found in of_all for word in set(found))
        self._weight = {word: 1 + math.log(len(of_all) / often) for word, often in frequency.items()}

    def likeness(self, source: Name, target: Name) -> float:
        if source.letters == target.letters:
            return SAME
        if source.words == target.words and source.numbers == target.numbers:
            return SAME_WORDS
        likeness = 0.96 * self._by_words(source.words, target.words) * _numbers(source.numbers, target.numbers)
        return max(likeness, _cut(source, target), _cut(target, source))

    def _by_words(self, one: Sequence[str], other: Sequence[str]) -> float:
        """The share of both names' words that have a counterpart, each weighed by its rarity."""
        alike = sorted(
            ((-word_likeness(a, b), i, j) for i, a in enumerate(one) for j, b in enumerate(other)),
        )
        left, right, shared = set(range(len(one))), set(range(len(other))), 0.0
        for negative, i, j in alike:
            if negative < 0 and i in left and j in right:
                left.discard(i)
                right.discard(j)
                shared -= negative * (self._weight[one[i]] + self._weight[other[j]])
        total = sum(self._weight[word] for word in [*one, *other])
        return shared / total if total else 0.0


def _pairs(sources: Sequence[str], targets: Sequence[str]) -> list[tuple[list[list[str]], list[list[str]]]]:
    of_sources, of_targets = ([parts(name) for name in names] for names in (sources, targets))
    return [(of_sources, of_targets), (of_targets, of_sources)]


def _without_affixes(names: list[list[str]], others: list[list[str]]) -> list[list[str]]:
    """The names without a first or last part that most of them have and the other side's have not, such as a table's
    name.
    """
    for place, rest in ((0, slice(1, None)), (-1, slice(None, -1))):
        while affix := _common(names, others, place):
            names = [found[rest] if len(found) > 1 and found[place] == affix else found for found in names]
    return names


def _common(names: list[list[str]], others: list[list[str]], place: int) -> str | None:
    counts = Counter(found[place] for found in names if len(found) > 1)
    if len(names) < _LEAST_NAMES or not counts:
        return None
    affix, often = counts.most_common(1)[0]
    there = sum(found[place] == affix for found in others if found)
    is_common = often >= _PREFIX_SHARE * len(names) and there <= _OTHERS_SHARE * len(others)
    return affix if is_common and not affix.isdecimal() else None


def _names(names: Sequence[str], split: list[list[str]], others: list[list[str]]) -> list[Name]:
    """A part that is several words in one is taken apart into known ones and those of the other side."""
    vocabulary = frozenset(part for found in others for part in found if len(part) > 1) | set(WORD)
    cut = _cut_at(names)
    return [_name(name, found, vocabulary, cut) for name, found in zip(names, split, strict=True)]


def _cut_at(names: Sequence[str]) -> int:
    """The length at which many names end, as those of a shapefile do at 10; 0 where it does not look like that."""
    longest = max(map(len, names), default=0)
    at_the_end = sum(len(name) == longest for name in names)
    return longest if at_the_end >= max(3, len(names) // 10) else 0


def _name(name: str, found: list[str], vocabulary: frozenset[str], cut: int) -> Name:
    split = [piece for part in found for piece in (segmented(part, vocabulary) if _is_glued(part) else [part])]
    known = words(split)
    numbers = tuple(word for word in known if word.isdecimal())
    texts = tuple(word for word in known if not word.isdecimal())
    return Name(name, squeezed(found), texts, numbers, is_cut=bool(cut) and len(name) == cut)


def _is_glued(part: str) -> bool:
    return len(part) > 5 and part not in WORD


def _numbers(one: Sequence[str], other: Sequence[str]) -> float:
    """Whether the numbers agree: a second sale is not the first one, and may be one that has no number."""
    if one == other:
        return 1.0
    return _OTHER_NUMBER if one and other else _NO_NUMBER


def _cut(short: Name, long: Name) -> float:
    is_beginning = short.is_cut and len(short.letters) >= 6 and long.letters.startswith(short.letters)
    return CUT_OFF if is_beginning else 0.0


@cache
def word_likeness(one: str, other: str) -> float:
    """How surely two words are one, differently spelled: shortened, without its vowels, or misspelled."""
    if one == other:
        return 1.0
    pairs = [(a, b) for a in SPELLED.get(one, (one,)) for b in SPELLED.get(other, (other,))]
    if one in SPELLED and other in SPELLED:
        return 0.0
    return max(_spelled_alike(a, b) for a, b in pairs)


def _spelled_alike(one: str, other: str) -> float:
    short, long = sorted((one, other), key=len)
    if len(short) >= 2 and short[0] == long[0]:
        if len(short) >= 3 and long.startswith(short):
            return 0.92
        if _is_within(short, long):
            return 0.9 if short == _without_vowels(long) else 0.6 + 0.3 * len(short) / len(long)
    if len(short) < 4:
        return 0.0
    alike = 1 - OSA.distance(one, other) / len(long)
    return alike if alike >= _ALIKE else 0.0


def _is_within(short: str, long: str) -> bool:
    """Are the letters of one in the other, in their order?"""
    letters = iter(long)
    return all(letter in letters for letter in short)


def _without_vowels(word: str) -> str:
    return word[0] + "".join(letter for letter in word[1:] if letter not in "aeiou")
