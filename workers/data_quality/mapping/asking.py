"""Which columns a person should decide about, with the candidates side by side; and what people decided."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import InvalidParameters
from workers.data_quality.mapping.scores import Score
from workers.data_quality.mapping.sides import Known
from workers.personal import masked

NONE = "none of these"
MOST_OPTIONS = 5


class Option(TypedDict):
    """A target column that may be meant, why, and how surely; or that none is."""

    value: str
    words: str
    score: float


class Record(TypedDict):
    """What is known of the source column. Examples tell nothing of a person."""

    column: str
    type: str
    filled: str
    examples: str


class Unsure(TypedDict):
    """A source column for a person to decide: ``key`` is its name, the first option the likeliest."""

    key: str
    record: Record
    words: str
    options: list[Option]


class Decision(TypedDict):
    """What a person says: the source column ``key`` means the target column ``value``, or "none of these"."""

    key: Annotated[str, Field(max_length=500)]
    value: Annotated[str, Field(max_length=500)]


def decided(decisions: Sequence[Decision], sources: Sequence[Known], targets: Sequence[Known]) -> dict[int, int | None]:
    """The target's number of each source's number that was decided; None for none. The last word counts.

    Raises `InvalidParameters` for a column that is not there, and for two that mean the same target.
    """
    of_source, of_target = ({one.name: number for number, one in enumerate(side)} for side in (sources, targets))
    said: dict[int, int | None] = {}
    for number, decision in enumerate(decisions):
        source = _number(of_source, decision["key"], f"decisions.{number}.key", "source")
        is_none = decision["value"] == NONE
        said[source] = None if is_none else _number(of_target, decision["value"], f"decisions.{number}.value", "target")
    _check_once(said, sources, targets)
    return said


def question(source: Known, targets: Sequence[Known], scores: Sequence[Score], options: Sequence[int]) -> Unsure:
    """What is asked about a source column, with these targets to choose from."""
    names = [source.name, *(targets[number].name for number in options)]
    chosen: list[Option] = [
        {
            "value": targets[number].name,
            "words": f"{targets[number].name}: {scores[number].value:.2f}, {scores[number].reason}",
            "score": scores[number].value,
        }
        for number in options
    ]
    return {
        "key": source.name,
        "record": _record(source, names),
        "words": f"Which column of the target does {source.name} mean?",
        "options": [*chosen, {"value": NONE, "words": "None of these", "score": 0.0}],
    }


def _number(numbers: Mapping[str, int], name: str, field: str, side: str) -> int:
    if name not in numbers:
        raise InvalidParameters(f"{field}: the {side} has no column {name!r}", field=field)
    return numbers[name]


def _check_once(said: Mapping[int, int | None], sources: Sequence[Known], targets: Sequence[Known]) -> None:
    holder: dict[int, int] = {}
    for source, target in said.items():
        if target is not None and holder.setdefault(target, source) != source:
            both = f"{sources[holder[target]].name} and {sources[source].name}"
            message = f"decisions: {both} cannot both be {targets[target].name}; decide one of them anew"
            raise InvalidParameters(message, field="decisions")


def _record(source: Known, names: Sequence[str]) -> Record:
    """Where one of the names tells of a person, so may the examples."""
    content = source.content
    shown = [_hidden(text, names) for text in content.examples] if content else []
    return {
        "column": source.name,
        "type": source.kind or "",
        "filled": f"{content.filled:.0%}" if content else "",
        "examples": ", ".join(shown),
    }


def _hidden(text: str, names: Sequence[str]) -> str:
    return next((hidden for name in names if (hidden := masked(name, text)) != text), text)
