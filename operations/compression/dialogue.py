"""A dialogue as turns, and which of them say most to a query.

An answer seldom repeats the words of its question, so a turn is worth something for its neighbours' sake, most for
the turn before it. What was said last, and what was decided, counts a little more.
"""

import re

from operations.compression.decisions import says_decision
from operations.compression.prose import Pieces
from operations.compression.relevance import around, scaled
from operations.compression.sentences import Passage, spans

NAME = r"[^\W\d_][\w .'()#&/-]{0,38}"
TIME = r"(?:\d[\d/.-]{0,10}(?:,|T|[ ])[ ]?)?\d{1,2}:\d\d(?::\d\d)?(?:\.\d{1,6})?Z?(?:[ ]?[AaPp][Mm])?"
BRACKETED = r"[\[(][^\])\n]{1,40}[\])]"
TURN = re.compile(
    rf"""
    ^[ \t]* (?: (?: [-*\u2022>] | \d{{1,5}}[.)] ) [ \t]+ )?              # the item of a list
    (?: (?:{BRACKETED}|{TIME}) [ \t]* (?: [-\u2013\u2014,] [ \t]* )? )?       # when it was said
    (?:
        \*{{0,2}} ({NAME}) \*{{0,2}} [ \t]* (?:{BRACKETED})? [ \t]* : \*{{0,2}} (?: [ \t]+ | [ \t]*\n ) (?=\S)
      | <([^<>/\n]{{1,40}})> [ \t]+ (?=\S)
      | ({NAME}) [ \t]+ (?: [-\u2013\u2014] [ \t]* )? {TIME} [ \t]*\n (?=\S)  # the name and the time stand above
    )
    """,
    re.MULTILINE | re.VERBOSE,
)
FIELDS = ("Title", "Text", "Content", "Subject", "Body", "Source", "Date", "URL", "Summary", "Abstract", "Headline")
FEWEST = 6
SHARE, LEAST_SHARE = 0.6, 0.2  # of the lines that are not empty begin a turn; the least where few speak in turn
TURNS_OF_EACH = 4  # on average, where few do
SHORT = 600  # characters of a turn that is kept or left out as a whole
NEWEST = 0.05
DECIDED = {True: 0.1, False: 1.0}  # by whether something was asked


def turns(text: str) -> list[Passage]:
    """The turns of a dialogue, or none if the text is no dialogue."""
    heads = list(TURN.finditer(text))
    named = {_speaker(head) for head in heads}
    speakers = len(named)
    if len(heads) < FEWEST or speakers > len(heads) / 2 or not named.isdisjoint(FIELDS):
        return []
    lines = sum(1 for line in text.splitlines() if line.strip())
    if len(heads) < (LEAST_SHARE if speakers * TURNS_OF_EACH <= len(heads) else SHARE) * lines:
        return []
    found = []
    if heads[0].start() > 0:
        found.append(Passage("", (0, 0), tuple(spans(text, 0, heads[0].start()))))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        end = following.start() if following else len(text)
        its = ((head.end(), end),) if end - head.end() <= SHORT else tuple(spans(text, head.end(), end))
        found.append(Passage(_speaker(head), (head.start(), head.end()), its))
    return found


def _speaker(head: re.Match[str]) -> str:
    return (head[1] or head[2] or head[3]).strip()


def scores(text: Pieces) -> list[float]:
    """What each turn is worth to somebody who asks the query."""
    best: dict[int, float] = {}
    for piece, fit in zip(text.pieces, text.fits, strict=True):
        best[piece.passage] = max(best.get(piece.passage, 0.0), fit)
    order = {passage: place for place, passage in enumerate(best)}
    fits = list(best.values())
    return scaled(
        [
            fit
            + around(fits, order[piece.passage])
            + NEWEST * order[piece.passage] / len(fits)
            + DECIDED[text.has_query] * says_decision(piece.text)
            for piece, fit in zip(text.pieces, text.fits, strict=True)
        ]
    )
