"""Gives each source column at most one target column, so that all scores together are highest, and tells how sure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workers.data_quality.mapping.names import SAME
from workers.data_quality.mapping.scores import Score

POSSIBLE = 0.45  # below it two columns are not taken for one
SURE = 0.78
APART = 0.05  # by how much the next best way to assign has to be worse
_ORDER = 1e-4  # what standing at the same place of the order adds: it decides between equals

Matrix = np.ndarray


@dataclass(frozen=True)
class Found:
    """A target for a source, both by their numbers, and whether that is sure."""

    source: int
    target: int
    is_sure: bool


def solve(scores: Sequence[Sequence[Score]], decided: Mapping[int, int | None]) -> list[Found]:
    """The pairs that are possible, in the order of the sources. What is ``decided`` is not asked, and is taken."""
    from scipy.optimize import linear_sum_assignment  # takes a third of a second, which every process would start later

    sources = [number for number in range(len(scores)) if number not in decided]
    taken = set(decided.values())
    targets = [number for number in range(len(scores[0])) if number not in taken]
    if not sources or not targets:
        return []
    values = np.array([[scores[i][j].value for j in targets] for i in sources])
    rows, columns = linear_sum_assignment(values + _ORDER * _places(sources, targets), maximize=True)
    pairs = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if values[i, j] >= POSSIBLE}
    apart = _apart(values, pairs)
    return [Found(sources[i], targets[j], _is_sure(scores[sources[i]][targets[j]], apart[i])) for i, j in pairs.items()]


def candidates(scores: Sequence[Score], free: Sequence[int], most: int) -> list[int]:
    """The likeliest of the ``free`` targets of a source, best first."""
    return sorted(free, key=lambda target: (-scores[target].value, target))[:most]


def _is_sure(score: Score, apart: float) -> bool:
    if score.name >= SAME and score.fits:
        return apart > 0
    return score.value >= SURE and apart >= APART


def _places(sources: Sequence[int], targets: Sequence[int]) -> Matrix:
    """1 where both stand at the same place of the order, 0 where one is first and the other last."""
    first, second = (np.array(numbers) / max(1, max(numbers)) for numbers in (sources, targets))
    return 1 - np.abs(first[:, None] - second[None, :])


def _apart(values: Matrix, pairs: Mapping[int, int]) -> dict[int, float]:
    """By how much it costs to give the source of a pair another target, whose own source then takes this one's."""
    of_column = {column: row for row, column in pairs.items()}
    return {row: min(_costs(values, pairs, of_column, row, column), default=1.0) for row, column in pairs.items()}


def _costs(
    values: Matrix, pairs: Mapping[int, int], of_column: Mapping[int, int], row: int, column: int
) -> Iterator[float]:
    own = values[row, column]
    for other in range(values.shape[1]):
        if other == column:
            continue
        holder = of_column.get(other)
        if holder is None:
            yield float(own - values[row, other])
        else:
            yield float(own + values[holder, other] - values[row, other] - values[holder, column]) / 2
    yield from (float(own - values[other, column]) for other in range(values.shape[0]) if other not in pairs)
