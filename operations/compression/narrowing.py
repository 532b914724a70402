"""A text too long to be weighed sentence by sentence, cut down to the blocks that have the words of a query."""

from collections import Counter
from collections.abc import Iterator, Sequence

from operations.compression.words import STOP_WORDS, WORD

BLOCK = 4096  # characters
MANY = 50  # texts, of which some may be left out as a whole
LONGEST_GAP = 512  # characters at the end of a block in which a place to cut is looked for


def narrowed(text: str, query: str, most: int) -> str:
    """At most about ``most`` characters of ``text``: its ends, and the blocks with the rarest words of the query."""
    if len(text) <= most:
        return text
    blocks = list(_blocks(text))
    order = [0, len(blocks) - 1, *_best(blocks, query)]
    kept = sorted(list(dict.fromkeys(order))[: max(1, most // BLOCK)])
    return "\n\n".join(blocks[number] for number in kept)


def fewer(texts: Sequence[str], query: str, most: int) -> list[str]:
    """The texts, empty but for those with the rarest words of the query, of at most about ``most`` characters."""
    if len(texts) < MANY or sum(map(len, texts)) <= most:
        return list(texts)
    kept: dict[int, str] = {}
    for number in dict.fromkeys(_best(texts, query)):
        if (most := most - len(texts[number])) < 0 and kept:
            break
        kept[number] = texts[number]
    return [kept.get(number, "") for number in range(len(texts))]


def _blocks(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = start + BLOCK
        if end < len(text):
            cut = max(text.rfind(mark, end - LONGEST_GAP, end) for mark in ("\n", ". ", " "))
            end = cut + 1 if cut > 0 else end
        yield text[start:end]
        start = end


def _best(blocks: Sequence[str], query: str) -> list[int]:
    """The numbers of the blocks, best first; where none has a word of the query, evenly spread."""
    wanted = {word for word in WORD.findall(query.lower()) if word not in STOP_WORDS}
    having = [{word for word in wanted if word in block.lower()} for block in blocks] if wanted else []
    times = Counter(word for its in having for word in its)
    worth = [sum(1 / times[word] for word in sorted(its)) for its in having]
    if any(worth):
        return sorted(range(len(blocks)), key=lambda number: (-worth[number], number))
    return [number for step in (64, 16, 4, 1) for number in range(0, len(blocks), step)]
