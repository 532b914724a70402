"""What is asked of a dataset or a table: which columns of which rows, in which order. Checked against its catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired

from django.db import connections
from pydantic import ConfigDict, with_config
from rapidfuzz import process as fuzzy
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import InvalidParameters
from workers.data_quality.loads.conditions import DIALECTS, Condition, Filter, filters
from workers.data_quality.loads.values import Known, of_dataset, of_table
from workers.duck import quoted
from workers.stores import Side, WarehouseTable
from workers.warehouse import ALIAS


@with_config(ConfigDict(extra="forbid", strict=True))
class Order(TypedDict):
    """By a column; rows without a value come last."""

    by: str
    descending: NotRequired[bool]


@dataclass(frozen=True)
class Question:
    """A checked question: the columns that are shown, the conditions as SQL, and the SQL of the order."""

    columns: list[str]
    where: list[Filter]
    order: list[str]
    needed: list[str]  # the columns that are shown or ordered by
    limit: int | None

    @property
    def words(self) -> list[Any]:
        """All of it as JSON, the same for the same question."""
        return [self.columns, [[one.sql, one.values] for one in self.where], self.order, self.limit]


def checked(
    side: Side, columns: Sequence[str], where: Sequence[Condition], order: Sequence[Order], limit: int | None
) -> Question:
    """The question with the names as the source has them. Raises `InvalidParameters` with what is the nearest name."""
    vendor, known = _catalogue(side)

    def named(name: str, path: str) -> Known:
        return _named(known, name, path)

    shown = [named(name, f"columns.{at}").name for at, name in enumerate(columns)] or list(side.types)
    ordered = [named(one["by"], f"order.{at}.by").name for at, one in enumerate(order)]
    sorting = [
        f"{quoted(name)} {'DESC' if one.get('descending') else 'ASC'} NULLS LAST"
        for name, one in zip(ordered, order, strict=True)
    ]
    shown = list(dict.fromkeys(shown))
    asked = list(filters(where, named, DIALECTS[vendor]))
    return Question(shown, asked, sorting, list(dict.fromkeys([*shown, *ordered])), limit)


def _catalogue(side: Side) -> tuple[str, dict[str, Known]]:
    """Whose words the source understands, and its columns by their names in small letters."""
    if isinstance(side, WarehouseTable):
        connection = connections[ALIAS]
        return connection.vendor, of_table(side.types, side.kinds, connection.ops.quote_name)
    return "duckdb", of_dataset(side.types, quoted)


def _named(known: Mapping[str, Known], name: str, path: str) -> Known:
    found = known.get(name.lower())
    if found is None:
        near = fuzzy.extractOne(name.lower(), list(known), score_cutoff=50)
        hint = (
            f"the nearest is {known[near[0]].name!r}"
            if near
            else f"there are {', '.join(one.name for one in known.values())}"
        )
        raise InvalidParameters(f"{path}: there is no column {name!r}; {hint}", field=path)
    return found
