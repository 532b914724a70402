"""Of all scored pairs of two tables: which are links, and which a person has to decide. Pure."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Cardinality = Literal["one_to_one", "many_to_one", "one_to_many", "many_to_many"]

RIVAL = 3.0  # bits: a second candidate that is less than eight times less likely than the first is its rival


@dataclass(frozen=True)
class Scored:
    """A pair of records by their numbers, its weight in bits and its probability."""

    left: int
    right: int
    weight: float
    probability: float


@dataclass
class Outcome:
    """``links``: certain pairs. ``unsure``: for a left record the pairs of which a person may choose, best first."""

    links: list[Scored] = field(default_factory=list)
    unsure: dict[int, list[Scored]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """When a pair is certain or possible, and how many partners a record may have."""

    certain: float
    possible: float
    cardinality: Cardinality = "one_to_one"

    @property
    def left_once(self) -> bool:
        return self.cardinality in ("one_to_one", "many_to_one")

    @property
    def right_once(self) -> bool:
        return self.cardinality in ("one_to_one", "one_to_many")


def assign(
    pairs: Iterable[Scored], rules: Rules, said: Mapping[tuple[int, int], bool], preferred: Collection[int] = ()
) -> Outcome:
    """Give each record its partners, the best pairs first.

    ``said`` is what people decided, which always holds. Of candidates that are as likely, those on the right that are
    ``preferred`` come before the others, and have no rivals among them.
    """
    waiting = [pair for pair in pairs if pair.probability >= rules.possible and (pair.left, pair.right) not in said]
    waiting.sort(key=lambda pair: (-round(pair.weight, 1), pair.right not in preferred, pair.left, pair.right))
    outcome = Outcome([Scored(left, right, math.inf, 1.0) for (left, right), same in said.items() if same])
    lefts = {pair.left for pair in outcome.links}
    rights = {pair.right for pair in outcome.links}
    judge = _one if rules.left_once else _each
    for left, candidates in _by_left(waiting).items():
        if rules.left_once and left in lefts:
            continue
        free = [pair for pair in candidates if not (rules.right_once and pair.right in rights)]
        if free:
            rights.update(judge(outcome, free, rules, preferred))
    return outcome


def _by_left(pairs: Iterable[Scored]) -> dict[int, list[Scored]]:
    """Each left record's candidates; the records in the order of their best."""
    found: dict[int, list[Scored]] = {}
    for pair in pairs:
        found.setdefault(pair.left, []).append(pair)
    return found


def _each(outcome: Outcome, candidates: list[Scored], rules: Rules, preferred: Collection[int]) -> list[int]:
    """Where a record may have many partners, each pair is judged by itself. Returns the partners that are taken."""
    certain = [pair for pair in candidates if pair.probability >= rules.certain]
    outcome.links += certain
    if unsure := [pair for pair in candidates if pair.probability < rules.certain]:
        outcome.unsure[unsure[0].left] = unsure
    return [pair.right for pair in certain]


def _one(outcome: Outcome, candidates: list[Scored], rules: Rules, preferred: Collection[int]) -> list[int]:
    """Where it has one at most, the best candidate is certain if it is likely enough and no other comes close."""
    best = candidates[0]
    rivals = [pair for pair in candidates[1:] if _rivals(pair, best, preferred)]
    if best.probability >= rules.certain and not rivals:
        outcome.links.append(best)
    else:
        outcome.unsure[best.left] = [best, *rivals]
    return [best.right]


def _rivals(pair: Scored, best: Scored, preferred: Collection[int]) -> bool:
    is_worse = best.right in preferred and pair.right not in preferred
    return pair.weight > best.weight - RIVAL and not is_worse
