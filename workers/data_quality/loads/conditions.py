"""Conditions on rows: typed, over an allow-list of operators. Names are the catalogue's, values always parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import InvalidParameters
from workers.data_quality.loads.values import Known, fitting

Operator = Literal[
    "equals",
    "not_equals",
    "in",
    "above",
    "at_least",
    "below",
    "at_most",
    "starts_with",
    "contains",
    "is_blank",
    "is_filled",
]
Single = bool | int | float | str
COMPARED = {"equals": "=", "above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
WITHOUT_VALUE = ("is_blank", "is_filled")
MOST_VALUES = 1_000


@with_config(ConfigDict(extra="forbid", strict=True))
class Condition(TypedDict):
    """Something that must hold of a field. ``value``: a list for ``in``, none for ``is_blank`` and ``is_filled``."""

    field: str
    op: Operator
    value: NotRequired[Single | list[Single] | None]


@dataclass(frozen=True)
class Dialect:
    """How a database says what not all say alike. ``{0}`` is the column."""

    place: str
    starts_with: str
    contains: str
    ordered: str = "{0}"  # a text as it is compared: by its characters, whatever the database's locale


DIALECTS: Mapping[str, Dialect] = {
    "duckdb": Dialect("?", "starts_with({0}, ?)", "contains({0}, ?)"),
    "sqlite": Dialect("%s", "instr({0}, %s) = 1", "instr({0}, %s) > 0"),
    "postgresql": Dialect("%s", "starts_with({0}, %s)", "strpos({0}, %s) > 0", '{0} COLLATE "C"'),
}


@dataclass(frozen=True)
class Filter:
    """A condition as SQL with its parameters."""

    sql: str
    values: list[Any]


def filters(
    where: Sequence[Condition], known: Callable[[str, str], Known], dialect: Dialect, field: str = "where"
) -> Iterator[Filter]:
    """Each condition as SQL. ``known`` finds a column by its name, or raises naming the path that it is given.

    Raises `InvalidParameters` for what a column cannot be asked.
    """
    for number, condition in enumerate(where):
        path = f"{field}.{number}"
        column = known(condition["field"], f"{path}.field")
        yield _filter(condition["op"], column, _values(condition, column, path), dialect)


def _values(condition: Condition, column: Known, path: str) -> list[Any]:
    op, value = condition["op"], condition.get("value")
    allowed = column.operators
    if op not in allowed:
        message = f"{path}.op: {column.name} cannot be asked with {op}; it takes {', '.join(allowed)}"
        raise InvalidParameters(message, field=f"{path}.op")
    if op in WITHOUT_VALUE:
        if value is not None:
            raise InvalidParameters(f"{path}.value: {op} takes no value", field=f"{path}.value")
        return []
    if op == "in":
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_VALUES:
            message = f"{path}.value: in takes a list of 1 to {MOST_VALUES:,} values"
            raise InvalidParameters(message, field=f"{path}.value")
        return [fitting(column, one, f"{path}.value") for one in value]
    return [fitting(column, value, f"{path}.value")]


def _filter(op: Operator, column: Known, values: list[Any], dialect: Dialect) -> Filter:
    sql, place = column.sql, column.place(dialect.place)
    if op in WITHOUT_VALUE:
        blank = f"({sql} IS NULL OR trim({sql}) = '')" if column.sort == "text" else f"{sql} IS NULL"
        return Filter(blank if op == "is_blank" else f"NOT ({blank})", [])
    if op == "starts_with" or op == "contains":
        return Filter(getattr(dialect, op).format(sql), values)
    if op == "in":
        return Filter(f"{sql} IN ({', '.join([place] * len(values))})", values)
    if op == "not_equals":  # a cell that is null is another value too
        return Filter(f"({sql} <> {place} OR {sql} IS NULL)", values)
    left = dialect.ordered.format(sql) if column.collated and op != "equals" else sql
    return Filter(f"{left} {COMPARED[op]} {place}", values)
