"""Groups of records that are one party: by average linkage, so that a chain of doubtful pairs makes no group. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

FAINTEST = 0.05  # a pair less likely holds nothing together
LARGEST = 3_000  # records whose distances to each other are looked at together
APART = 1e6  # the distance of two records that a person says are two parties

Pair = tuple[int, int]


def group(count: int, pairs: Mapping[Pair, float], at: float, said: Mapping[Pair, bool] | None = None) -> np.ndarray:
    """The number of the group of each of ``count`` records, from the probabilities of pairs.

    Two groups become one while the mean probability of the pairs between them is at least ``at``. What people ``said``
    of pairs always holds.
    """
    said = said or {}
    known = dict(pairs) | {pair: float(same) for pair, same in said.items()}
    labels = _components(count, [pair for pair, probability in known.items() if probability >= FAINTEST])
    inside: dict[int, dict[Pair, float]] = defaultdict(dict)
    for (left, right), probability in known.items():
        if labels[left] == labels[right]:
            inside[labels[left]][left, right] = probability
    groups, following = labels.copy(), int(labels.max(initial=0)) + 1
    for held in inside.values():
        members = np.unique(np.array(list(held)))
        groups[members] = following + _within(members, held, said, at)
        following += len(members)
    return _joined(groups, [pair for pair, same in said.items() if same])


def _components(count: int, pairs: Iterable[Pair]) -> np.ndarray:
    ends = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    edges = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return connected_components(edges, directed=False)[1].astype(np.int64)


def _within(members: np.ndarray, held: Mapping[Pair, float], said: Mapping[Pair, bool], at: float) -> np.ndarray:
    """Numbers from 0 for the groups among ``members``. Of very many, only pairs that reach ``at`` hold together."""
    place = {record: index for index, record in enumerate(members.tolist())}
    if len(members) > LARGEST:
        return _components(
            len(members), [(place[a], place[b]) for (a, b), probability in held.items() if probability >= at]
        )
    distances = np.ones((len(members), len(members)))
    np.fill_diagonal(distances, 0)
    for (left, right), probability in held.items():
        distance = APART if said.get((left, right)) is False else 1 - probability
        distances[place[left], place[right]] = distances[place[right], place[left]] = distance
    return fcluster(linkage(squareform(distances, checks=False), "average"), 1 - at, "distance") - 1


def _joined(groups: np.ndarray, same: list[Pair]) -> np.ndarray:
    """The groups, made one where a person says that a record of each is the same party, and numbered from 0."""
    numbers, dense = np.unique(groups, return_inverse=True)
    merged = _components(len(numbers), [(int(dense[left]), int(dense[right])) for left, right in same])
    return merged[dense]
