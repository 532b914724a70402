"""A checked query as one SELECT: every name is the catalogue's and quoted, every value is a parameter."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections

from workers import counties as florida
from workers.ai_ml.chat.catalogue import DATASETS
from workers.ai_ml.chat.fields import Dataset, Field, Kind
from workers.ai_ml.chat.query import VALUE, Aggregate, Condition, Query
from workers.warehouse import ALIAS
from workers.warehouse.models import Release, ReleaseState

COUNT = "count"
COMPARED = {"equals": "=", "above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
ESCAPE = "!"


@dataclass(frozen=True)
class Column:
    """A column of the answer, and what its values are."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Statement:
    """The SQL, its parameters in their order, and the columns that it brings."""

    sql: str
    parameters: list[Any]
    columns: list[Column]


def made(query: Query) -> Statement:
    """The SELECT of a query that `check` gave, for one row more than is shown, which tells whether there are more."""
    dataset = DATASETS[query["dataset"]]
    chosen = dict(_chosen(dataset, query))
    conditions, parameters = [], []
    for condition in query["where"]:
        sql, values = _condition(dataset, condition)
        conditions.append(sql)
        parameters += values
    if only_newest(dataset, query):
        conditions.append(_newest(dataset))
    parts = [
        f"SELECT {', '.join(f'{sql} AS {_quoted(column.name)}' for column, sql in chosen.items())}",
        f"FROM {_source(dataset)}",
        f"WHERE {' AND '.join(conditions)}" if conditions else "",
        f"GROUP BY {', '.join(str(at) for at in range(1, len(query['group_by']) + 1))}" if query["group_by"] else "",
        _order(dataset, query, [column.name for column in chosen]),
        "LIMIT %s",
    ]
    return Statement(" ".join(filter(None, parts)), [*parameters, query["limit"] + 1], list(chosen))


def only_newest(dataset: Dataset, query: Query) -> bool:
    """Rolls of several years have the same parcels: unless years are asked for, a county's newest roll counts."""
    asked = {*query["group_by"], *(one["field"] for one in query["where"])}
    return bool(dataset.roll) and "roll_year" not in asked


def _chosen(dataset: Dataset, query: Query) -> Iterator[tuple[Column, str]]:
    for name in [*query["select"], *query["group_by"]]:
        field = dataset.by_name[name]
        yield Column(name, field.kind), _expression(dataset, field)
    aggregate = query["aggregate"]
    if aggregate is None:
        return
    if aggregate["field"] is None:
        yield Column(COUNT, "number"), "count(*)"
        return
    field = dataset.by_name[aggregate["field"]]
    inner = _expression(dataset, field)
    yield Column(value_column(aggregate), field.kind), _function(aggregate["function"], inner)
    yield Column(COUNT, "number"), f"count({inner})"


def value_column(aggregate: Aggregate) -> str:
    """What the column of the aggregate is called."""
    return f"{aggregate['function']}_{aggregate['field']}" if aggregate["field"] else COUNT


def _function(function: str, inner: str) -> str:
    if function == "median" and connections[ALIAS].vendor == "postgresql":
        return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {inner})"
    return f"{function}({inner})"


def _condition(dataset: Dataset, condition: Condition) -> tuple[str, list[Any]]:
    field = dataset.by_name[condition["field"]]
    column = _expression(dataset, field)
    if condition["op"] == "is_blank":
        blank = f" OR trim({column}) = ''" if field.kind in ("text", "code") else ""
        return f"({column} IS NULL{blank})", []
    value = _stored(field, condition["value"])
    # People do not ask in capitals. Codes have no small letters, and are found by their indexes as they are.
    folded = f"upper({column})" if field.kind == "text" else column
    return CONDITIONS.get(condition["op"], _compared)(folded, condition["op"], value)


def _stored(field: Field, value: Any) -> Any:
    """The value as the column keeps it."""
    if isinstance(value, list):
        return [_stored(field, one) for one in value]
    if field.kind == "county":
        return florida.find(value).no
    return value.upper() if field.kind in ("text", "code") else value


def _compared(column: str, op: str, value: Any) -> tuple[str, list[Any]]:
    return f"{column} {COMPARED[op]} %s", [value]


def _like(column: str, op: str, value: Any) -> tuple[str, list[Any]]:
    for special in (ESCAPE, "%", "_"):
        value = value.replace(special, ESCAPE + special)
    pattern = f"{value}%" if op == "starts_with" else f"%{value}%"
    return f"{column} LIKE %s ESCAPE '{ESCAPE}'", [pattern]


def _among(column: str, op: str, value: Any) -> tuple[str, list[Any]]:
    return f"{column} IN ({', '.join(['%s'] * len(value))})", value


def _differs(column: str, op: str, value: Any) -> tuple[str, list[Any]]:
    return f"({column} <> %s OR {column} IS NULL)", [value]


CONDITIONS: Mapping[str, Callable[[str, str, Any], tuple[str, list[Any]]]] = {
    "starts_with": _like,
    "contains": _like,
    "in": _among,
    "not_equals": _differs,
}


def _newest(dataset: Dataset) -> str:
    """That no newer roll of the row's county is loaded, or for sales: none that has the sales of that year too."""
    own = _quoted(dataset.table)
    covers = ""
    if dataset.covers:  # a roll of sales has those of its year and of the year before
        covers = f" AND newer.year - 1 <= {_expression(dataset, dataset.by_name[dataset.covers])}"
    return (
        f"NOT EXISTS (SELECT 1 FROM {_quoted(Release._meta.db_table)} AS newer"  # noqa: S608
        f" WHERE newer.file_type = '{dataset.roll}' AND newer.state = '{ReleaseState.LOADED}'"
        f" AND newer.county_no = {own}.{_quoted('co_no')} AND newer.year > {own}.{_quoted('asmnt_yr')}{covers})"
    )


def _order(dataset: Dataset, query: Query, columns: list[str]) -> str:
    """By what was asked for, then by the groups or the key, so that the same question shows the same rows."""
    terms = []
    if order := query["order"]:
        by = order["by"]
        if by == VALUE and query["aggregate"]:
            by = value_column(query["aggregate"])
        terms.append(f"{columns.index(by) + 1}{' DESC' if order['descending'] else ''} NULLS LAST")
    if query["group_by"]:
        terms += [str(at) for at in range(1, len(query["group_by"]) + 1)]
    elif not query["aggregate"]:
        terms += [_expression(dataset, dataset.by_name[name]) for name in dataset.key]
    return f"ORDER BY {', '.join(terms)}" if terms else ""


def _source(dataset: Dataset) -> str:
    own = _quoted(dataset.table)
    if dataset.joined is None:
        return own
    other, key = map(_quoted, dataset.joined)
    return f"{own} JOIN {other} ON {other}.{key} = {own}.{key}"


def _expression(dataset: Dataset, field: Field) -> str:
    column = f"{_quoted(field.table or dataset.table)}.{_quoted(field.column)}"
    return field.made.format(column)


def _quoted(name: str) -> str:
    return connections[ALIAS].ops.quote_name(name)
