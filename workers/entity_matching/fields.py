"""A mapping: which columns of two tables mean the same, and how each pair is compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal, NotRequired

from pydantic import Field as Described
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

Kind = Literal["name", "address", "city", "zip", "phone", "id", "text"]
Columns = Annotated[
    str | list[str], Described(description="A column, or several of which any may agree.", min_length=1)
]


class Pair(TypedDict):
    """``left`` and ``right`` mean the same. ``cut_at``: the length at which names are cut off, if it is known."""

    kind: Kind
    left: Columns
    right: Columns
    cut_at: NotRequired[int]


class Single(TypedDict):
    """A column by which duplicates are known. ``cut_at``: the length at which names are cut off, if it is known."""

    kind: Kind
    column: Columns
    cut_at: NotRequired[int]


@dataclass(frozen=True)
class Field:
    """One compared thing: its kind, and its columns on each side (of duplicates there is one side).

    ``entities``: is every name of that side known to be an entity's, not a person's?
    ``identifies``: do no two parties of the right side bear one name?
    """

    kind: Kind
    columns: tuple[Sequence[str], ...]
    cut_at: int | None = None
    entities: tuple[bool, ...] = (False, False)
    identifies: bool = False


def of_pairs(pairs: Iterable[Pair]) -> list[Field]:
    return [Field(pair["kind"], (_listed(pair["left"]), _listed(pair["right"])), pair.get("cut_at")) for pair in pairs]


def of_singles(singles: Iterable[Single]) -> list[Field]:
    return [Field(single["kind"], (_listed(single["column"]),), single.get("cut_at")) for single in singles]


def _listed(columns: str | list[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else columns


def lower(fields: Iterable[Field]) -> list[Field]:
    """The fields with their columns in lower case, as rows are read."""
    return [
        replace(field, columns=tuple([name.lower() for name in columns] for columns in field.columns))
        for field in fields
    ]
