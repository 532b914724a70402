"""A text as passages and sentences that keep their place in it: joined, they give back the text.

Own code: a splitter for English that knows abbreviations, initials, decimals, quotes and lists is small, and needs
no data. What has no ends (a dump, a hash) is cut, so that no sentence is longer than `LONGEST`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from operations.compression import titles

LONGEST = 1200  # characters of one sentence
LONG_LINES = 160  # characters on average: lines of this length are paragraphs
SHORTENED = (
    "mr mrs ms dr prof st rev hon gen col lt maj capt sgt gov sen rep pres jr sr inc ltd co corp dept est no nos vol "
    "fig vs etc al ca cf jan feb mar apr jun jul aug sep sept oct nov dec mt ft ave blvd rd approx art sec ch pp ed "
    "eds trans m.sc b.sc ph.d"
)
BEGINNINGS = (
    "a after although an and as at but by during for from he her his however i if in it its no on she since that the "
    "their there these they this those to we when while with you"
)
ABBREVIATIONS = frozenset(SHORTENED.split())
STARTERS = frozenset(BEGINNINGS.split())
CLOSING = "\"'\u201d\u2019)]"
GAP = re.compile(r"\n[ \t\r\f\v]*\n\s*")
# The lookbehind makes a run of dots one match: without it, a long run costs its length squared.
STOP = re.compile(rf"(?<![.!?…])[.!?…]++[{re.escape(CLOSING)}]*+(?=\s|$)|[\u3002\uff01\uff1f]|\n")
INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")


@dataclass(frozen=True)
class Passage:
    """A part of a text about one thing: its title, where that stands, and the spans of its sentences."""

    title: str
    head: tuple[int, int]
    sentences: tuple[tuple[int, int], ...]


def passages(text: str) -> list[Passage]:
    """The passages of a text: what empty lines separate, or long lines where there are none."""
    found: list[Passage] = []
    section = ""
    for start, end in _blocks(text):
        title, head = titles.find(text, start, end)
        if not text[head:end].strip():
            section = title
            found.append(Passage(title, (start, end), ()))
            continue
        found.append(Passage(title or section, (start, head), tuple(spans(text, head, end))))
    return found


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    gap = GAP
    if not GAP.search(text) and len(text) > LONG_LINES * (text.count("\n") + 1):
        gap = re.compile(r"\n")
    start = 0
    for found in gap.finditer(text):
        if found.start() > start:
            yield start, found.end()
            start = found.end()
    if start < len(text):
        yield start, len(text)


def spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of the sentences between ``start`` and ``end``, each with the space behind it."""
    begin = start
    for stop in STOP.finditer(text, start, end):
        if stop.end() < end and not _ends(text, begin, stop):
            continue
        finish = stop.end()
        while finish < end and text[finish].isspace():
            finish += 1
        if finish > begin:
            yield from _pieces(begin, finish)
            begin = finish
    if begin < end:
        yield from _pieces(begin, end)


def _pieces(begin: int, end: int) -> Iterator[tuple[int, int]]:
    for start in range(begin, end, LONGEST):
        yield start, min(start + LONGEST, end)


def _ends(text: str, begin: int, stop: re.Match[str]) -> bool:
    """Does a sentence end here?"""
    mark = stop[0].rstrip(CLOSING)
    if not set(mark) <= set(".…"):
        return True
    following = text[stop.end() : stop.end() + 24].split()
    first = following[0] if following else ""
    if first[:1].islower() or first[:1] in ",;":
        return False
    if mark != ".":
        return True
    before = text[max(begin, stop.start() - 24) : stop.start()].split()
    word = before[-1].lstrip("(\"'“[").lower() if before else ""
    if word in ABBREVIATIONS:
        return False
    return not INITIALS.fullmatch(word) or first.lower() in STARTERS
