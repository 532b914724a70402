"""settle: ask people about unsure pairs, and remember what they say."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets
from workers.contract import Call, InvalidParameters, action
from workers.datasets import Dataset
from workers.entity_matching import links, publishing
from workers.entity_matching.decisions import Decision, remember, remembered
from workers.entity_matching.results import Question, Settlement

MOST = 100


@with_config(ConfigDict(extra="ignore"))
class Unsettled(TypedDict):
    """What another action of this worker answered, as far as it is needed here."""

    linkage: str
    run: str
    unsure: Dataset


@action(expected_seconds=2)
def settle(
    call: Call,
    matching: Annotated[Unsettled, Field(description="The result of match_entities, or of another such action.")],
    decisions: Annotated[
        list[Decision], Field(description='What a person says: {"left_key", "right_key", "same": true}.')
    ] = [],  # noqa: B006
    ask: Annotated[int, Field(ge=1, le=MOST, description="How many questions to show at once.")] = 20,
) -> Settlement:
    """Take people's decisions on the unsure pairs of a matching, and show what is still to be decided.

    Decisions are remembered under the linkage and hold in every later matching. A pair that was accepted becomes a
    link at once, one that was refused is none any more.
    """
    asked = _asked(matching["unsure"])
    _check(decisions, asked)
    linkage = matching["linkage"]
    count = remember(linkage, decisions, call.operation_id)
    said = remembered(linkage)
    _apply(linkage, matching["run"], decisions, asked)
    open_questions = _open(asked, said)
    accepted = sum(said.get(_pair(row)) is True for row in asked)
    refused = sum(said.get(_pair(row)) is False for row in asked)
    return {
        "linkage": linkage,
        "remembered": count,
        "accepted": accepted,
        "refused": refused,
        "open_total": len(open_questions),
        "open": open_questions[:ask],
        "words": f"{len(open_questions):,} wait for a person; {accepted:,} pairs accepted, {refused:,} refused.",
    }


def _asked(unsure: Dataset) -> list[dict[str, Any]]:
    """The pairs in question, each question's likeliest first. Raises `InvalidParameters` if that is another dataset."""
    rows = datasets.read(unsure, field="matching.unsure")
    if missing := publishing.UNSURE.keys() - rows.columns:
        message = f"matching.unsure: it has no column {min(missing)!r}: give the result of a matching"
        raise InvalidParameters(message, field="matching.unsure")
    return rows.sort("question", "probability", descending=[False, True]).to_dicts()


def _check(decisions: Iterable[Decision], asked: Iterable[Mapping[str, Any]]) -> None:
    """Raise `InvalidParameters` for a decision about a pair that nobody asked about, or two that contradict."""
    known = {_pair(row) for row in asked}
    taken: dict[tuple[str, str], bool] = {}
    for number, said in enumerate(decisions):
        pair = (said["left_key"], said["right_key"])
        if pair not in known:
            raise InvalidParameters(
                f"decisions.{number}: the pair {pair[0]!r} and {pair[1]!r} is not among those in question",
                field=f"decisions.{number}",
            )
        if taken.setdefault(pair, said["same"]) != said["same"]:
            raise InvalidParameters(
                f"decisions.{number}: it contradicts an earlier one about the same pair", field=f"decisions.{number}"
            )


def _apply(linkage: str, run: str, decisions: Iterable[Decision], asked: Iterable[Mapping[str, Any]]) -> None:
    rows = {_pair(row): row for row in asked}
    same = {(said["left_key"], said["right_key"]): said["same"] for said in decisions}
    links.add(linkage, [_link(rows[pair]) for pair, holds in same.items() if holds], run)
    links.take_away(linkage, [pair for pair, holds in same.items() if not holds])


def _link(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "left_key": row["left_key"],
        "right_key": row["right_key"],
        "probability": 1.0,
        "by_person": True,
        "comparison": json.loads(row["comparison"]),
    }


def _open(asked: Iterable[Mapping[str, Any]], said: Mapping[tuple[str, str], bool]) -> list[Question]:
    """The questions with a candidate that nobody has decided about, unless one of alternatives was accepted."""
    questions: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in asked:
        questions[row["question"]].append(row)
    waiting = [
        [row for row in rows if _pair(row) not in said]
        for rows in questions.values()
        if not (rows[0]["only_one"] and any(said.get(_pair(row)) for row in rows))
    ]
    shown = [_question(rows) for rows in waiting if rows]
    return sorted(shown, key=lambda question: -question["candidates"][0]["probability"])


def _question(rows: list[Mapping[str, Any]]) -> Question:
    return {
        "left_key": rows[0]["left_key"],
        "left": json.loads(rows[0]["left"]),
        "candidates": [
            {
                "right_key": row["right_key"],
                "right": json.loads(row["right"]),
                "probability": row["probability"],
                "comparison": json.loads(row["comparison"]),
            }
            for row in rows
        ],
    }


def _pair(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["left_key"], row["right_key"]
