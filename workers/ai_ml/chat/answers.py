"""What came of a query, as a client gets it. The sentences are made of the rows here, never by a model."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import counties as florida
from workers.ai_ml.chat import statement
from workers.ai_ml.chat.catalogue import DATASETS
from workers.ai_ml.chat.fields import Dataset, Field, Kind
from workers.ai_ml.chat.query import Condition, Query
from workers.ai_ml.chat.statement import Column, Statement

Cell = str | int | float | None
Source = Literal["model", "grammar"]


class Answer(TypedDict):
    """The answer in words made of its rows. ``truncated``: more rows fit than are shown.

    ``query`` is how the question was understood, ``sql`` with ``parameters`` what was run. ``source`` says who
    understood it; ``note``, why that was not the model where there is one.
    """

    answer: str
    columns: list[str]
    rows: list[list[Cell]]
    row_count: int
    truncated: bool
    query: Query
    sql: str
    parameters: list[Cell]
    source: Source
    note: str


OPERATORS: Mapping[str, str] = {
    "equals": "is",
    "not_equals": "is not",
    "in": "is one of",
    "starts_with": "starts with",
    "contains": "contains",
    "above": "is above",
    "at_least": "is at least",
    "below": "is below",
    "at_most": "is at most",
    "is_blank": "is blank",
}
FUNCTIONS = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest", "median": "median"}
MOST_TOLD = 3


def made(
    query: Query, ran: Statement, found: Sequence[Sequence[Any]], lacking: str, source: Source, note: str
) -> Answer:
    """The answer of ``found``, which may have one row more than may be shown."""
    shown = [_row(ran.columns, row) for row in found[: query["limit"]]]
    truncated = len(found) > len(shown)
    return {
        "answer": " ".join(_sentences(query, ran.columns, shown, lacking, truncated=truncated)),
        "columns": [column.name for column in ran.columns],
        "rows": shown,
        "row_count": len(shown),
        "truncated": truncated,
        "query": query,
        "sql": ran.sql,
        "parameters": ran.parameters,
        "source": source,
        "note": note,
    }


def _row(columns: Sequence[Column], row: Sequence[Any]) -> list[Cell]:
    return [_cell(column.kind, value) for column, value in zip(columns, row, strict=True)]


def _cell(kind: Kind, value: Any) -> Cell:
    """A value as JSON has it, alike from both databases."""
    if kind == "county" and value in florida.BY_NO:
        return florida.BY_NO[value].name
    if isinstance(value, Decimal | float):
        return int(value) if value == int(value) else round(float(value), 2)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _sentences(
    query: Query, columns: Sequence[Column], rows: list[list[Cell]], lacking: str, *, truncated: bool
) -> Iterator[str]:
    dataset = DATASETS[query["dataset"]]
    if query["group_by"]:
        yield _groups(dataset, query, columns, rows)
    elif query["aggregate"]:
        yield _figure(dataset, query, rows[0])
    else:
        yield _listing(dataset, query, columns, rows)
    if truncated:
        yield "More fit than are shown."
    if lacking:
        yield lacking
    if caution := _caution(dataset, query):
        yield caution


def _caution(dataset: Dataset, query: Query) -> str:
    """What to know of a figure that is made of all rows."""
    aggregate = query["aggregate"]
    if aggregate is None or aggregate["field"] is None or aggregate["function"] in ("min", "max"):
        return ""
    return dataset.by_name[aggregate["field"]].caution


def _figure(dataset: Dataset, query: Query, row: list[Cell]) -> str:
    *_, count = row
    of = f"{count:,} {dataset.noun(int(count or 0))}{_where(dataset, query)}"
    if len(row) == 1:
        return f"{of}."
    name, kind = _aggregate(dataset, query)
    if row[0] is None:
        return f"There is no {name}: 0 {dataset.noun(0)}{_where(dataset, query)} have one."
    return f"The {name} of {of} is {_shown(kind, row[0])}."


def _groups(dataset: Dataset, query: Query, columns: Sequence[Column], rows: list[list[Cell]]) -> str:
    name, kind = _aggregate(dataset, query)
    width = len(query["group_by"])
    by = " and ".join(dataset.by_name[one].label for one in query["group_by"])
    head = f"The {name} of {dataset.noun(2)}{_where(dataset, query)} by {by}"
    if not rows:
        return f"{head}: there are 0."
    told = [
        f"{', '.join(_shown(column.kind, cell) for column, cell in zip(columns, row[:width], strict=False))}:"
        f" {_shown(kind, row[width])}"
        for row in rows[:MOST_TOLD]
    ]
    first = f", the first {MOST_TOLD} of {len(rows)} shown" if len(rows) > MOST_TOLD else ""
    return f"{head}{first}: {'; '.join(told)}."


def _listing(dataset: Dataset, query: Query, columns: Sequence[Column], rows: list[list[Cell]]) -> str:
    of = f"{dataset.noun(len(rows))}{_where(dataset, query)}"
    if not rows:
        return f"0 {of}."
    order = ""
    if query["order"]:
        most = "highest" if query["order"]["descending"] else "lowest"
        order = f", the {most} {dataset.by_name[query['order']['by']].label} first"
    first = ", ".join(
        f"{dataset.by_name[column.name].label} {_shown(column.kind, cell)}"
        for column, cell in zip(columns, rows[0], strict=True)
        if cell is not None
    )
    return f"{len(rows)} {of} {'is' if len(rows) == 1 else 'are'} shown{order}; the first: {first}."


def _aggregate(dataset: Dataset, query: Query) -> tuple[str, Kind]:
    """What the aggregate is called, and the kind of its values."""
    aggregate = query["aggregate"]
    if aggregate is None or aggregate["field"] is None:
        return "number", "number"
    field = dataset.by_name[aggregate["field"]]
    return f"{FUNCTIONS[aggregate['function']]} {field.label}", field.kind


def _where(dataset: Dataset, query: Query) -> str:
    """How the rows were chosen, newest rolls included."""
    told = [_condition(dataset.by_name[one["field"]], one) for one in query["where"]]
    newest = " of the newest rolls" if statement.only_newest(dataset, query) else ""
    return newest + (f" whose {' and '.join(told)}" if told else "")


def _condition(field: Field, condition: Condition) -> str:
    value = condition["value"]
    told = "" if value is None else f" {_shown(field.kind, value)}"
    return f"{field.label} {OPERATORS[condition['op']]}{told}"


def _shown(kind: Kind, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(kind, one) for one in value)
    if value is None:
        return "none"
    if kind == "money":
        return f"${value:,}" if value >= 0 else f"-${-value:,}"
    return f"{value:,}" if kind == "number" else str(value)
