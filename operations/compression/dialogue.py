"""A dialogue as turns, and which of them say most to a query.

An answer seldom repeats the words of its question, so a turn is worth something for its neighbours' sake, most for
the turn before it. What was said last, and what was decided, counts a little more.
"""

import re
from collections.abc import Sequence

from operations.compression.decisions import says_decision
from operations.compression.prose import Pieces
from operations.compression.relevance import scaled
from operations.compression.sentences import Passage, spans

TURN = re.compile(r"^[ \t]*(?:[\[(][^\])\n]{1,40}[\])][ \t]*)?([A-Za-z][\w .'()-]{0,38}):[ \t]+(?=\S)", re.MULTILINE)
FEWEST = 6
SHARE = 0.6  # of the lines that are not empty begin a turn
SHORT = 600  # characters of a turn that is kept or left out as a whole
AROUND = {-1: 0.6, -2: 0.25, 1: 0.35, 2: 0.1}  # for how well a neighbour fits
NEWEST = 0.05
DECIDED = {True: 0.1, False: 1.0}  # by whether something was asked


def turns(text: str) -> list[Passage]:
    """The turns of a dialogue, or none if the text is no dialogue."""
    heads = list(TURN.finditer(text))
    if len(heads) < FEWEST or len({head[1] for head in heads}) > len(heads) / 2:
        return []
    lines = sum(1 for line in text.splitlines() if line.strip())
    if len(heads) < SHARE * lines:
        return []
    found = []
    if heads[0].start() > 0:
        found.append(Passage("", (0, 0), tuple(spans(text, 0, heads[0].start()))))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        end = following.start() if following else len(text)
        its = ((head.end(), end),) if end - head.end() <= SHORT else tuple(spans(text, head.end(), end))
        found.append(Passage(head[1], (head.start(), head.end()), its))
    return found


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
            + _around(fits, order[piece.passage])
            + NEWEST * order[piece.passage] / len(fits)
            + DECIDED[text.has_query] * says_decision(piece.text)
            for piece, fit in zip(text.pieces, text.fits, strict=True)
        ]
    )


def _around(fits: Sequence[float], place: int) -> float:
    return sum(share * fits[place + by] for by, share in AROUND.items() if 0 <= place + by < len(fits))
