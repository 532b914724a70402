"""Texts that are made to one pattern, such as messages: what varies in them becomes columns that help to say them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from operations.compression import blanks
from operations.compression.blanks import Pattern
from operations.compression.cells import compact, content, is_text
from operations.compression.columns import Column, affixes

FEWEST_ROWS = 8
FEWEST_TEXTS = 6
LONGEST = 400  # characters of a text that is looked at
SHORTEST = 3  # characters of what texts have in common
MOST_GAPS = 6
PAIRS = 10
TRIED = 40
GAIN = 60  # characters, beyond what the rule saves that the column has already
WORD = re.compile(r"[^\W\d_]+|[0-9]+|[\s\S]")


def spread(column: Column, sources: Mapping[str, Sequence[str]]) -> list[Column]:
    """The helpers that say most of a column of texts; none if they do not save enough. They may follow ``sources``."""
    if column.is_json or len(column.values) < FEWEST_ROWS:
        return []
    texts = [content(identity) if is_text(identity) else None for identity in column.values]
    pattern = _best([text for text in texts if text is not None])
    if not pattern:
        return []
    gaps = [None if text is None else filled(pattern, text) for text in texts]
    if sum(map(len, pattern)) * sum(its is not None for its in gaps) < GAIN + 1.2 * _saved(column, sources):
        return []
    helpers = [_helper(f"{column.name}:{number + 1}", number, gaps, sources) for number in range(len(pattern) - 1)]
    if len(helpers) == 1 and not _follows(helpers[0]) and _is_affix(pattern, column):
        return []
    column.blank = Pattern(tuple(helper.name for helper in helpers), pattern)
    return helpers


def _follows(helper: Column) -> bool:
    return helper.blank is not None and bool(helper.blank.follows)


def _is_affix(pattern: Sequence[str], column: Column) -> bool:
    """Does the column leave out as much as what all its texts begin and end with?"""
    return sum(map(len, affixes([identity for identity in column.values if is_text(identity)]))) >= sum(
        map(len, pattern)
    )


def _saved(column: Column, sources: Mapping[str, Sequence[str]]) -> float:
    if not column.blank:
        return 0
    return blanks.saved_by(column.blank, column.values, [sources[name] for name in column.blank.follows])


def _helper(
    name: str, number: int, gaps: Sequence[Sequence[str] | None], sources: Mapping[str, Sequence[str]]
) -> Column:
    """What stands in one of the gaps, in each row."""
    helper = Column(name)
    last = '""'
    for its in gaps:
        last = last if its is None else compact(its[number])
        helper.values.append(last)
    helper.settle(sources)
    helper.fill([its is None for its in gaps], sources)
    return helper


def filled(pattern: Sequence[str], text: str) -> list[str] | None:
    """What a text has in the gaps of a pattern; None if it is not made to it."""
    first, *middle, last = pattern
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return None
    position, end, found = len(first), len(text) - len(last), []
    for part in middle:
        following = text.find(part, position, end)
        if following < 0:
            return None
        found.append(text[position:following])
        position = following + len(part)
    return [*found, text[position:end]]


def _best(texts: Sequence[str]) -> tuple[str, ...] | None:
    """The pattern that says most of these texts."""
    different = list(dict.fromkeys(texts))
    tried = [text for text in different[:: max(1, len(different) // TRIED)] if len(text) <= LONGEST][:TRIED]
    if len(different) < FEWEST_TEXTS or len(tried) < 2:
        return None
    patterns = dict.fromkeys(_in_common(one, other) for one, other in _pairs(tried))
    worth = {its: sum(map(len, its)) * sum(filled(its, text) is not None for text in tried) for its in patterns if its}
    best = max(worth, key=lambda its: (worth[its], its), default=None)
    return best if best and worth[best] > 2 * sum(map(len, best)) else None


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number in range(min(PAIRS, len(texts) - 1)):
        yield texts[number], texts[number + 1]
        yield texts[number], texts[-1 - number]


def _in_common(one: str, other: str) -> tuple[str, ...] | None:
    """What two texts have in common, in order: what begins both (maybe nothing), what is within, what ends both."""
    words, others = WORD.findall(one), WORD.findall(other)
    blocks = SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks()
    parts = [
        (block.a, block.a + block.size, "".join(words[block.a : block.a + block.size]))
        for block in blocks
        if block.size
    ]
    parts = [part for part in parts if len(part[2]) >= SHORTEST and not set(part[2]) & {"<", ">"}]
    if not parts or one == other:
        return None
    begins = parts[0][0] == 0 and other.startswith(parts[0][2])
    ends = parts[-1][1] == len(words) and other.endswith(parts[-1][2])
    texts = ([] if begins else [""]) + [text for _, _, text in parts] + ([] if ends else [""])
    return tuple(texts) if 2 <= len(texts) <= MOST_GAPS + 1 else None
