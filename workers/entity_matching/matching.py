"""The way of a matching: prepare both sides, score the candidates, decide, and hand on what was found."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from workers.contract import Call
from workers.entity_matching import assignment, bounds, engines, evidence, model, publishing
from workers.entity_matching.assignment import Rules
from workers.entity_matching.assignment import Scored as Pair
from workers.entity_matching.decisions import remembered
from workers.entity_matching.fields import Field
from workers.entity_matching.model import Scored
from workers.entity_matching.preparation import prepare
from workers.entity_matching.results import Matching
from workers.entity_matching.tables import Records


def score(call: Call, records: Sequence[Records], fields: Sequence[Field], folder: Path) -> Scored:
    """All candidate pairs with their probabilities."""
    bounds.check_memory(sum(len(side.keys) for side in records), bounds.BYTES_TO_MATCH)
    call.progress(0, 4, "bringing names and addresses into one form")
    prepared = prepare(call, [side.frame for side in records], fields)
    with engines.opened(call, folder) as engine:
        return model.score(call, engine, prepared, fields)


def said_of(linkage: str, records: Sequence[Records]) -> dict[tuple[int, int], bool]:
    """What people decided about pairs that are here, by the numbers of the records."""
    decided = remembered(linkage)
    if not decided:
        return {}
    left, right = ({key: number for number, key in enumerate(side.keys)} for side in (records[0], records[-1]))
    return {(left[a], right[b]): same for (a, b), same in decided.items() if a in left and b in right}


def link(
    call: Call,
    linkage: str,
    records: Sequence[Records],
    fields: Sequence[Field],
    rules: Rules,
    folder: Path,
    preferred: Mapping[str, str] | None = None,
) -> tuple[Matching, list[Pair]]:
    """Match two sides, publish what was found, and return it with the links."""
    scored = score(call, records, fields, folder)
    said = said_of(linkage, records)
    outcome = assignment.assign(pairs_of(scored, rules.possible), rules, said, _preferred(records[1], preferred or {}))
    unsure = [pair for candidates in outcome.unsure.values() for pair in candidates]
    comparisons = evidence.Comparisons(scored, fields, [*outcome.links, *unsure])
    links = [
        publishing.link(pair, records, comparisons, by_person=(pair.left, pair.right) in said) for pair in outcome.links
    ]
    questions = [
        publishing.question(number, pair, records, comparisons, only_one=rules.left_once)
        for number, candidates in enumerate(outcome.unsure.values())
        for pair in candidates
    ]
    published = publishing.publish(call, linkage, links, questions)
    linked, rows = len(links), [len(side.keys) for side in records]
    return {
        "linkage": linkage,
        **published,
        "left_rows": rows[0],
        "right_rows": rows[1],
        "pairs_compared": scored.compared,
        "linked": linked,
        "open": len(outcome.unsure),
        "decided_before": len(said),
        "weights": evidence.weights(scored.levels, fields),
        "words": _words(linked, rows, len(outcome.unsure)),
    }, outcome.links


def _words(linked: int, rows: list[int], asked: int) -> str:
    if not all(rows):
        empty = " and ".join(name for name, count in zip(("left", "right"), rows, strict=True) if not count)
        return f"0 links: there are no rows to match on the {empty}."
    return f"{linked:,} links among {rows[0]:,} and {rows[1]:,} rows; {asked:,} wait for a person."


def pairs_of(scored: Scored, least: float = 0.0) -> list[Pair]:
    """The pairs that are at least so probable."""
    columns = scored.pairs.filter(pl.col("probability") >= least).select("left", "right", "weight", "probability")
    return [Pair(*row) for row in columns.iter_rows()]


def _preferred(records: Records, values: Mapping[str, str]) -> set[int]:
    """The records on the right with these values: of two that are as likely, the active entity is the one."""
    frame = records.frame
    return {
        number
        for number, row in enumerate(frame.select([name.lower() for name in values]).iter_rows())
        if values and list(row) == list(values.values())
    }
