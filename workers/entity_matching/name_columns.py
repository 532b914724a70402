"""Names as the model compares them: normal forms, words by how much they tell, what is left of names cut off."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from workers.contract import Call
from workers.entity_matching import parties
from workers.entity_matching.bounds import watched
from workers.entity_matching.fields import Field
from workers.entity_matching.names import fold, without_cut_suffix
from workers.entity_matching.parties import Party
from workers.entity_matching.sharing import sharers
from workers.entity_matching.words import ARTICLES, NUMERALS

WEIGHT_SHIFT = 32
SHORTEST_CUT = 15  # a column narrower than this holds no names that would be cut
PEOPLE = ("person", "estate")
RAREST = 2  # words of a name by which candidates are found
Values = list[list[str]]  # of each record, the texts that its columns of one field hold


def of_names(
    call: Call, texts: Sequence[Values], field: Field, marks: Sequence[Sequence[list[str]]]
) -> list[dict[str, pl.Series]]:
    """The columns of each side. ``marks``: see `sharing.by_sharers`. Raises `Cancelled` if the call is withdrawn."""
    is_cut = [_cut(side, field.cut_at) for side in texts]
    read = [
        [[_read(text, cut) for text in row] for row, cut in zip(watched(call, side), cuts, strict=True)]
        for side, cuts in zip(texts, is_cut, strict=True)
    ]
    words = [[_words(row) for row in side] for side in read]
    weights = _weights(words)
    made = [
        _columns(side, words[index], weights, is_cut[index], is_entity=field.entities[index])
        for index, side in enumerate(read)
    ]
    for columns, bearers in zip(made, _bearers(read, field, marks), strict=True):
        columns["bearers"] = bearers
    return made


def _read(text: str, cut: bool) -> Party:
    party = parties.parse(text)
    return replace(party, name=without_cut_suffix(party.name)) if cut and party.kind not in PEOPLE else party


def _bearers(read: list[list[list[Party]]], field: Field, marks: Sequence[Sequence[list[str]]]) -> Iterator[pl.Series]:
    """How many parties bear each record's name: in a register of entities, if one side is that."""
    keys = [[[row[0].name.key] if row else [] for row in side] for side in read]
    counted = [index for index in range(len(read)) if field.entities[index]] or range(len(read))
    counts = sharers([keys[index] for index in counted], [[mark[index] for index in counted] for mark in marks])
    for side in keys:
        yield pl.Series([counts[row[0]] if row else None for row in side], dtype=pl.Int64)


def cut_length(texts: Values) -> int:
    """The length at which names are cut off, seen from a heap of names of the greatest length; 0 if there is none."""
    lengths = Counter(len(row[0]) for row in texts if row)
    longest = max(lengths, default=0)
    before = sum(lengths[longest - step] for step in (1, 2, 3)) / 3
    heaped = lengths[longest] >= 10 and lengths[longest] > 2 * before
    return longest if longest >= SHORTEST_CUT and heaped else 0


def _columns(
    side: list[list[Party]], words: Values, weights: dict[str, int], is_cut: list[bool], *, is_entity: bool
) -> dict[str, pl.Series]:
    first = [row[0] if row else None for row in side]
    keys = [[name.key for party in row for name in party.names] for row in side]
    numbered = [sorted({weights[word] for word in row}, reverse=True) for row in words]
    starts = [_start(party) if party and cut else None for party, cut in zip(first, is_cut, strict=True)]
    return {
        "key": _texts([row[0] if row else None for row in keys]),
        "keys": pl.Series([row or None for row in keys], dtype=pl.List(pl.String)),
        "plain": _texts([party.name.plain if party else None for party in first]),
        "start": _texts(starts),
        "numbers": _texts([_numbers(party) if party else None for party in first]),
        "words": pl.Series([row or None for row in numbered], dtype=pl.List(pl.Int64)),
        "weight": pl.Series([sum(word >> WEIGHT_SHIFT for word in row) for row in numbered], dtype=pl.Int64),
        "party": _texts([_party(party, is_entity) if party else None for party in first]),
        "find": pl.Series([_find(*found) for found in zip(keys, numbered, strict=True)], dtype=pl.List(pl.String)),
    }


def _texts(values: list[str | None]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def _words(row: list[Party]) -> list[str]:
    folded = (fold(word) for party in row for name in party.names for word in name.key.split())
    return list(dict.fromkeys(word for word in folded if word not in ARTICLES))


def _weights(sides: list[Values]) -> dict[str, int]:
    """Each word as a number: how much it tells (its rarity) in the upper half, which word it is in the lower.

    So that the weight of what two names share is a sum over two lists of numbers, in any database.
    """
    counts = Counter(word for side in sides for row in side for word in row)
    total = sum(len(side) for side in sides) + 1
    rarity = {word: max(1, round(100 * math.log(total / count))) for word, count in counts.items()}
    return {word: (rarity[word] << WEIGHT_SHIFT) + number for number, word in enumerate(rarity)}


def _cut(texts: Values, told: int | None) -> list[bool]:
    """Which names are cut off. One that was cut at a space is a character shorter."""
    length = cut_length(texts) if told is None else told
    return [bool(length and row and len(row[0]) >= length - 1) for row in texts]


def _start(party: Party) -> str:
    """What is left of a name that was cut off: its whole words in the normal form, and the start of the last."""
    *whole, last = party.name.plain.split() or [""]
    folded = [fold(word) for word in whole if word not in ARTICLES and word != "AND"]
    return " ".join([*folded, last[:4]])


def _numbers(party: Party) -> str:
    """What tells the members of a series apart: HOLDINGS 2, HOLDINGS III."""
    words = party.name.key.split()[1:]
    return " ".join(NUMERALS.get(word, word) for word in words if word.isdigit() or word in NUMERALS)


def _party(party: Party, is_entity: bool) -> str | None:
    """Whether it is a person or an entity, where that is sure: a trust may be registered, a brand may be either."""
    if is_entity or party.kind in ("company", "government"):
        return "entity"
    return "person" if party.kind in PEOPLE else None


def _find(keys: list[str], words: list[int]) -> list[str]:
    """By what candidates are found: the normal form, how it starts (names are cut off), and its rarest words."""
    starts = {key.replace(" ", "")[:8] for key in keys}
    return [*{f"={key}" for key in keys}, *(f"^{start}" for start in starts), *(f"#{w}" for w in words[:RAREST])]
