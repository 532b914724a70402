"""Groups by average linkage: a chain of doubtful pairs makes no group, and what people said holds."""

from workers.entity_matching import clusters
from workers.entity_matching.clusters import Pair


def groups(
    count: int, pairs: dict[Pair, float], said: dict[Pair, bool] | None = None, at: float = 0.5
) -> list[set[int]]:
    found: dict[int, set[int]] = {}
    for record, number in enumerate(clusters.group(count, pairs, at, said).tolist()):
        found.setdefault(number, set()).add(record)
    return sorted(found.values(), key=min)


def test_pairs_that_agree_make_a_group() -> None:
    assert groups(4, {(0, 1): 0.9, (1, 2): 0.9, (0, 2): 0.8}) == [{0, 1, 2}, {3}]


def test_a_chain_does_not_hold_together() -> None:
    chain = {(0, 1): 0.95, (1, 2): 0.6, (2, 3): 0.95}

    assert groups(4, chain) == [{0, 1}, {2, 3}]


def test_a_pair_below_the_threshold_stays_apart() -> None:
    assert groups(2, {(0, 1): 0.4}) == [{0}, {1}]


def test_what_people_said_is_one_is_one() -> None:
    assert groups(3, {(0, 1): 0.1}, {(0, 1): True}) == [{0, 1}, {2}]
    assert groups(3, {}, {(0, 2): True}) == [{0, 2}, {1}]


def test_what_people_said_is_two_is_two() -> None:
    pairs = {(0, 1): 0.99, (1, 2): 0.99, (0, 2): 0.99}

    assert all(not {0, 1} <= group for group in groups(3, pairs, {(0, 1): False}))


def test_a_component_too_large_to_hold_in_memory_is_still_grouped(monkeypatch: object) -> None:
    monkeypatch.setattr(clusters, "LARGEST", 2)  # type: ignore[attr-defined]

    assert groups(4, {(0, 1): 0.9, (1, 2): 0.9, (2, 3): 0.3}) == [{0, 1, 2}, {3}]


def test_no_records_make_no_groups() -> None:
    assert groups(0, {}) == []
