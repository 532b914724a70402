"""Remembers what people decided about pairs, so that nobody is asked twice."""

from collections.abc import Iterable

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.warehouse.matches import MatchDecision
from workers.warehouse.reach import reachable

Pair = tuple[str, str]


class Decision(TypedDict):
    """A person's word: are the two records one party?"""

    left_key: str
    right_key: str
    same: bool


def remembered(linkage: str) -> dict[Pair, bool]:
    """What was decided about pairs of this linkage, by their keys."""
    with reachable():
        rows = MatchDecision.objects.filter(linkage=linkage).values_list("left_key", "right_key", "same")
        return {(left, right): same for left, right, same in rows.iterator()}


def remember(linkage: str, decisions: Iterable[Decision], operation_id: str) -> int:
    """Keep the decisions; a later word on a pair replaces the earlier one. Returns how many were given."""
    rows = {
        (said["left_key"], said["right_key"]): MatchDecision(linkage=linkage, operation_id=operation_id, **said)
        for said in decisions
    }
    with reachable():
        MatchDecision.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["linkage", "left_key", "right_key"],
            update_fields=["same", "operation_id", "decided_at"],
        )
    return len(rows)
