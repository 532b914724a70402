"""A parcel whose use code a person should decide, with the candidates side by side; and what he decided."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.ai_ml.codes import MEANINGS, meaning
from workers.contract import InvalidParameters

BY_PERSON = "person"
KEY = pl.concat_str("co_no", "parcel_id", separator=" ")


class Option(TypedDict):
    """A use code that may be right, what it means, and the share of the model's trees that name it."""

    value: str
    words: str
    votes: float


class Record(TypedDict):
    """What is known of the parcel. ``present``: its code, null if it has none."""

    co_no: str
    parcel_id: str
    present: str | None


class ReviewItem(TypedDict):
    """One parcel to decide. ``probability``: of the first option; null where no model could learn."""

    key: str
    record: Record
    reason: Literal["unsure", "looks_wrong"]
    probability: float | None
    options: list[Option]
    words: str


class Decision(TypedDict):
    """What a person decided: the ``key`` of a review item, and the use code that is right."""

    key: Annotated[str, Field(max_length=100)]
    value: str


def item(row: dict[str, Any]) -> ReviewItem:
    """A row of the review dataset as a review item."""
    pairs = zip(row["candidates"], row["votes"], strict=True)
    named = [(code, votes) for code, votes in pairs if votes > 0]
    present = row["present"]
    options: list[Option] = [
        {"value": code, "words": _option(code, votes, present), "votes": round(votes, 3)} for code, votes in named
    ]
    if present and present not in dict(named):
        options.append({"value": present, "words": _option(present, 0, present), "votes": 0.0})
    return {
        "key": f"{row['co_no']} {row['parcel_id']}",
        "record": {"co_no": row["co_no"], "parcel_id": row["parcel_id"], "present": present},
        "reason": "looks_wrong" if present else "unsure",
        "probability": row["probability"],
        "options": options,
        "words": _words(present, [code for code, _ in named], row["probability"]),
    }


def check(decisions: Sequence[Decision]) -> None:
    """Raise `InvalidParameters` for a decision on something that is no use code."""
    for index, one in enumerate(decisions):
        if one["value"] not in MEANINGS:
            where = f"decisions.{index}.value"
            raise InvalidParameters(f"{where}: {one['value']!r} is no use code; they are 000 to 099", field=where)


def decide(review: pl.DataFrame, decisions: Sequence[Decision]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(the parcels of ``review`` that got another code than they have, those that are still to be decided).

    A decision on a parcel that is in no doubt now has no effect.
    """
    said = {one["key"]: one["value"] for one in decisions}
    is_decided = KEY.is_in(list(said))
    decided = review.filter(is_decided).with_columns(
        use_code=KEY.replace_strict(said, default=None, return_dtype=pl.String),
        probability=pl.lit(1.0),
        by=pl.lit(BY_PERSON),
    )
    return decided.filter(pl.col("use_code").ne_missing(pl.col("present"))), review.filter(~is_decided)


def _option(code: str, votes: float, present: str | None) -> str:
    now = ", as it is now" if code == present else ""
    return f"{code} {meaning(code)}{now} ({votes:.0%} of the trees)"


def _words(present: str | None, codes: list[str], probability: float | None) -> str:
    if not codes:
        return "No use code, and nothing to tell it from."
    best = f"{codes[0]} ({meaning(codes[0])}) with probability {probability:.2f}"
    return f"Has {present} ({meaning(present)}), looks like {best}." if present else f"No use code; perhaps {best}."
