"""What the allow-list is made of: datasets, and their fields with the words that people use for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Kind = Literal["money", "number", "year", "date", "text", "code", "county"]
Use = Literal["select", "where", "group_by"]

ALL: tuple[Use, ...] = ("select", "where", "group_by")
UNGROUPED: tuple[Use, ...] = ("select", "where")  # names of persons, and what every row has for itself
NUMBERS: tuple[Kind, ...] = ("money", "number")
GROUPS: tuple[Kind, ...] = ("year", "text", "code", "county")


@dataclass(frozen=True)
class Field:
    """A column that may be asked for. ``words``: what people call it, beside its name, as ``one|other``.

    ``width``: of a code that is digits, whose leading zeros people leave out. ``year``: for a date, the field of its
    year. ``table``: where the column is, if not in the dataset's own. ``made``: SQL that makes the value of ``{}``.
    """

    name: str
    column: str
    kind: Kind
    words: str = ""
    width: int = 0
    year: str = ""
    table: str = ""
    made: str = "{}"
    uses: tuple[Use, ...] = ALL
    caution: str = ""

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")

    def may(self, use: Use) -> bool:
        """Dollars and days have too many values to group by."""
        return use in self.uses and (use != "group_by" or self.kind in GROUPS)


@dataclass(frozen=True)
class Dataset:
    """A table or view that may be asked about.

    ``key``: the fields that put its rows in order. ``amount``: what "over 500000" means without a field, ``when``:
    what "in 2025" means. ``flags``: words that are a condition by themselves. ``roll`` or ``feed``: the files that
    fill it. ``covers``: for a roll whose years overlap, the field that says for which years it counts.
    """

    name: str
    table: str
    nouns: tuple[str, str]
    words: str
    fields: Sequence[Field]
    key: tuple[str, ...]
    shown: tuple[str, ...]
    amount: str = ""
    when: str = ""
    roll: str = ""
    feed: str = ""
    covers: str = ""
    joined: tuple[str, str] | None = None
    flags: Mapping[str, tuple[str, str, Any]] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {one.name: one for one in self.fields}

    def noun(self, count: int) -> str:
        return self.nouns[count != 1]
