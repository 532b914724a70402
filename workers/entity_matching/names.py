"""The normal form of a name by Florida's rule: what the Division of Corporations does not tell apart becomes the same.

Names of entities are "not distinguishable" (dos.fl.gov) that differ only in their suffix, articles, "and" for "&",
singular, plural or possessive, punctuation, or the abbreviation of a word.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from workers.entity_matching.words import ABBREVIATIONS, ARTICLES, SUFFIXES

# An apostrophe vanishes, and so does what the state's own export made of one; other marks part words.
_VANISHING = re.compile("['`\u2018\u2019\u00b4\ufffd]+")
_INITIALS = re.compile(r"\b(?:[A-Z]\.\s?){2,}|\b[A-Z](?:\s[A-Z]){1,3}$")
_MARKS = re.compile(r"[^A-Z0-9&]+")
_STORE_NUMBER = re.compile(r"\s+(?:#|NO\.?|STORE|UNIT)\s*#?\s*\d{3,}\s*$")
_LONGEST_SUFFIX = 4  # words: LIMITED LIABILITY LIMITED PARTNERSHIP


@dataclass(frozen=True)
class Name:
    """A name as it is compared: ``plain`` in capitals without marks, ``key`` in the normal form, the suffix apart."""

    plain: str
    key: str
    suffix: str


@lru_cache(maxsize=50_000)
def normal(text: str) -> Name:
    """The normal form of ``text``. A name that is nothing but suffix and articles keeps them."""
    plain = plain_form(text)
    words = plain.split()
    length = suffix_length(words)
    body, suffix = (words[:-length], words[-length:]) if 0 < length < len(words) else (words, [])
    key = " ".join(fold(word) for word in body if word not in ARTICLES and word != "AND")
    return Name(plain, key or plain, " ".join(suffix))


def plain_form(text: str) -> str:
    """Capitals without accents and marks, "&" as AND, initials that stand apart put together (L. L. C. is LLC)."""
    upper = unicodedata.normalize("NFKD", text).upper()
    upper = "".join(mark for mark in upper if not unicodedata.combining(mark))
    upper = _STORE_NUMBER.sub("", _VANISHING.sub("", upper))
    upper = _INITIALS.sub(lambda found: re.sub(r"[.\s]", "", found[0]) + " ", upper)
    return " ".join(_MARKS.sub(" ", upper.replace("&", " AND ")).split())


def suffix_length(words: list[str]) -> int:
    """How many of the last words say only what kind of entity it is: the suffix, or several in a row."""
    length = 0
    while length < len(words):
        rest = words[: len(words) - length]
        found = next(
            (n for n in range(_LONGEST_SUFFIX, 0, -1) if " ".join(rest[-n:]) in SUFFIXES and n <= len(rest)), 0
        )
        if not found:
            break
        length += found
    return length


def without_cut_suffix(name: Name) -> Name:
    """The name without what a cut left of its suffix: CORPORATIO, LIMITED LIABIL, a lone L."""
    words = name.plain.split()
    for length in range(min(_LONGEST_SUFFIX, len(words) - 1), 0, -1):
        tail = " ".join(words[-length:])
        if any(suffix.startswith(tail) for suffix in SUFFIXES):
            return Name(name.plain, normal(" ".join(words[:-length])).key, tail)
    return name


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """A word without its plural, its abbreviation written out."""
    if word in ABBREVIATIONS:
        return ABBREVIATIONS[word]
    single = _singular(word)
    return ABBREVIATIONS.get(single, single)


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("S") or word.endswith(("SS", "US", "IS")) or not word.isalpha():
        return word
    if word.endswith("IES") and len(word) > 4:
        return word[:-3] + "Y"
    return word[:-2] if word.endswith(("XES", "CHES", "SHES", "SSES")) else word[:-1]
