"""Writes links to the warehouse: each once, and those of earlier runs that no longer hold are taken away."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from workers.contract import Call
from workers.warehouse import ALIAS
from workers.warehouse.matches import MatchLink
from workers.warehouse.reach import reachable
from workers.warehouse.turns import turn

BATCH_ROWS = 2_000  # a short transaction: on SQLite every other writer waits for it
KEY = ["linkage", "left_key", "right_key"]


def replace(call: Call, linkage: str, links: Sequence[Mapping[str, Any]], run: str) -> None:
    """Make ``links`` (left_key, right_key, probability, by_person, comparison) all that the linkage has.

    Each batch stands by itself, and what died in between is completed when the same run is asked for again.
    """
    with reachable(), turn(call, f"linkage:{linkage}"):
        for start in range(0, len(links), BATCH_ROWS):
            call.progress(start, len(links), "writing links")
            _write(linkage, links[start : start + BATCH_ROWS], run)
        _forget(linkage, run)


def add(linkage: str, links: Iterable[Mapping[str, Any]], run: str) -> None:
    """Write further links of a run, such as a person accepted."""
    with reachable():
        _write(linkage, links, run)


def take_away(linkage: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Remove the links of pairs that a person says are not one."""
    with reachable():
        for left_key, right_key in pairs:
            MatchLink.objects.filter(linkage=linkage, left_key=left_key, right_key=right_key).delete()


def _write(linkage: str, links: Iterable[Mapping[str, Any]], run: str) -> None:
    rows = [MatchLink(linkage=linkage, run=run, **link) for link in links]
    with transaction.atomic(using=ALIAS):
        MatchLink.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=KEY,
            update_fields=["probability", "by_person", "comparison", "run", "linked_at"],
        )


def _forget(linkage: str, run: str) -> None:
    outdated = MatchLink.objects.filter(linkage=linkage).exclude(run=run)
    while ids := list(outdated.values_list("pk", flat=True)[:BATCH_ROWS]):
        MatchLink.objects.filter(pk__in=ids).delete()
