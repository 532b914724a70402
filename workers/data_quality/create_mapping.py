"""create_mapping: which columns of a source are which of a target."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import Call, action
from workers.data_quality.mapping import asking, sides, solving
from workers.data_quality.mapping.asking import MOST_OPTIONS, Decision, Unsure
from workers.data_quality.mapping.scores import Score, scores
from workers.data_quality.mapping.sides import Columns, Known
from workers.data_quality.mapping.solving import Found
from workers.warehouse.reach import reachable

BY_PERSON = "a person decided it"


class Pair(TypedDict):
    """A source column and the target column that it is, how sure that is (1 where a person decided) and why."""

    source: str
    target: str
    score: float
    reason: str
    by_person: bool


class Mapping(TypedDict):
    """``mapping``: what is sure; ``names``: the same as target names by source names. ``unsure``: what a person should
    decide. ``unmapped``: source columns that nothing fits; ``missing``: target columns that nothing is proposed for.
    """

    mapping: list[Pair]
    names: dict[str, str]
    unsure: list[Unsure]
    unmapped: list[str]
    missing: list[str]
    columns_source: int
    columns_target: int
    words: str


@action(read_only=True, expected_seconds=5)
def create_mapping(
    call: Call,
    source: Annotated[Columns, Field(description="A dataset, a table, names of columns, or a layout.")],
    target: Annotated[Columns, Field(description='The same; a layout is a roll\'s, such as "NAL 2026F".')],
    decisions: Annotated[
        list[Decision], Field(description='What a person says: {"key": source column, "value": target column}.')
    ] = [],  # noqa: B006
) -> Mapping:
    """Tell which source columns are which target columns, by their names, their types and what they hold.

    No target is taken twice. What is not sure is left for a person, whose decisions are taken as they are. Of large
    stores a sample of the rows is looked at. The same columns and rows always get the same answer.
    """
    with reachable():
        left, right = sides.look(call, source, "source"), sides.look(call, target, "target")
    decided = asking.decided(decisions, left, right)
    call.progress(1, 2, "comparing the columns")
    scored = scores(left, right)
    call.check()
    found = solving.solve(scored, decided)
    return _result(left, right, scored, decided, found)


def _result(
    left: Sequence[Known],
    right: Sequence[Known],
    scored: Sequence[Sequence[Score]],
    decided: dict[int, int | None],
    found: Sequence[Found],
) -> Mapping:
    sure = {one.source: one.target for one in found if one.is_sure}
    chosen = sure | {source: target for source, target in decided.items() if target is not None}
    free = [number for number in range(len(right)) if number not in chosen.values()]
    doubtful = {one.source: one.target for one in found if not one.is_sure}
    unsure = [_question(number, target, left, right, scored, free) for number, target in doubtful.items()]
    pairs = [_pair(left, right, scored, number, chosen[number], number in decided) for number in sorted(chosen)]
    proposed = {*chosen.values(), *doubtful.values()}
    unmapped = [one.name for number, one in enumerate(left) if number not in {*chosen, *doubtful}]
    missing = [one.name for number, one in enumerate(right) if number not in proposed]
    return {
        "mapping": pairs,
        "names": {pair["source"]: pair["target"] for pair in pairs},
        "unsure": unsure,
        "unmapped": unmapped,
        "missing": missing,
        "columns_source": len(left),
        "columns_target": len(right),
        "words": f"{len(pairs):,} of {len(left):,} columns are mapped, {len(unsure):,} are unsure,"
        f" {len(unmapped):,} fit nothing; {len(missing):,} of {len(right):,} target columns are missing.",
    }


def _question(
    number: int,
    target: int,
    left: Sequence[Known],
    right: Sequence[Known],
    scored: Sequence[Sequence[Score]],
    free: Sequence[int],
) -> Unsure:
    """The target that was assigned comes first, then the others that are still to be had."""
    others = solving.candidates(scored[number], [one for one in free if one != target], MOST_OPTIONS - 1)
    return asking.question(left[number], right, scored[number], [target, *others])


def _pair(
    left: Sequence[Known],
    right: Sequence[Known],
    scored: Sequence[Sequence[Score]],
    source: int,
    target: int,
    by_person: bool,
) -> Pair:
    score = scored[source][target]
    return {
        "source": left[source].name,
        "target": right[target].name,
        "score": 1.0 if by_person else score.value,
        "reason": BY_PERSON if by_person else score.reason,
        "by_person": by_person,
    }
