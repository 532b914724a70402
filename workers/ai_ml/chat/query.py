"""The typed query: what is asked of which dataset. Whoever made it, `check` holds it against the allow-list."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from rapidfuzz import process
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.ai_ml.chat import values
from workers.ai_ml.chat.catalogue import DATASETS
from workers.ai_ml.chat.fields import NUMBERS, Dataset, Use
from workers.ai_ml.chat.fields import Field as DataField
from workers.ai_ml.chat.values import BadQuery, Operator, Value

Function = Literal["count", "sum", "avg", "min", "max", "median"]

MOST_ROWS = 100
VALUE = "value"  # what an order calls the aggregate
CLOSED = ConfigDict(extra="forbid", strict=True)


@with_config(CLOSED)
class Condition(TypedDict):
    """Something that must hold of a field. ``value``: a list for ``in``, null for ``is_blank``."""

    field: str
    op: Operator
    value: Value


@with_config(CLOSED)
class Aggregate(TypedDict):
    """A figure of many rows; ``field`` is null for the count of rows."""

    function: Function
    field: str | None


@with_config(CLOSED)
class Order(TypedDict):
    """By a field, or by the aggregate, which is called ``value``."""

    by: str
    descending: bool


@with_config(CLOSED)
class Query(TypedDict):
    """Rows with the fields of ``select``, or an aggregate of all that fits, or one for each group."""

    dataset: str
    select: Annotated[list[str], Field(max_length=12)]
    where: Annotated[list[Condition], Field(max_length=12)]
    group_by: Annotated[list[str], Field(max_length=3)]
    aggregate: Aggregate | None
    order: Order | None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)]


_SHAPE: TypeAdapter[Query] = TypeAdapter(Query)


def check(asked: Any) -> Query:
    """The query with its values as the columns have them and nothing left open. Raises `BadQuery`."""
    try:
        query = _SHAPE.validate_python(asked)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise BadQuery(".".join(map(str, first["loc"])) or "query", first["msg"]) from error
    dataset = DATASETS.get(query["dataset"])
    if dataset is None:
        raise BadQuery("dataset", f"there is no dataset {_shown(query['dataset'])}; there are {', '.join(DATASETS)}")
    if query["group_by"] and not query["aggregate"]:
        query["aggregate"] = {"function": "count", "field": None}
    grouped = list(_fields(dataset, query["group_by"], "group_by"))
    aggregate = _aggregate(dataset, query["aggregate"])
    order = _order(dataset, query, grouped)
    return {
        "dataset": dataset.name,
        "select": [] if aggregate else _selected(dataset, query["select"], order),
        "where": [_condition(dataset, one, f"where.{index}") for index, one in enumerate(query["where"])],
        "group_by": grouped,
        "aggregate": aggregate,
        "order": order,
        "limit": query["limit"],
    }


def field_of(dataset: Dataset, name: str, use: Use, path: str) -> DataField:
    """The field of this name, if the allow-list has it for this use. Raises `BadQuery`."""
    found = dataset.by_name.get(name)
    allowed = [one.name for one in dataset.fields if one.may(use)]
    if found and found.may(use):
        return found
    verb = {"select": "be shown", "where": "be asked for", "group_by": "be grouped by"}[use]
    near = process.extractOne(name, allowed, score_cutoff=60)
    hint = f"did you mean {near[0]}" if near else f"there are {', '.join(allowed)}"
    raise BadQuery(path, f"{_shown(name)} is no field of {dataset.name} that may {verb}; {hint}")


def _fields(dataset: Dataset, names: list[str], use: Use) -> Iterator[str]:
    for index, name in enumerate(dict.fromkeys(names)):
        yield field_of(dataset, name, use, f"{use}.{index}").name


def _selected(dataset: Dataset, names: list[str], order: Order | None) -> list[str]:
    """What is shown: what was asked for, else the usual; and what it is ordered by, so that the order can be seen."""
    chosen = list(_fields(dataset, names, "select")) or list(dataset.shown)
    return chosen + ([order["by"]] if order and order["by"] not in chosen else [])


def _condition(dataset: Dataset, asked: Condition, path: str) -> Condition:
    field = field_of(dataset, asked["field"], "where", f"{path}.field")
    return {"field": field.name, "op": asked["op"], "value": values.fitting(field, asked["op"], asked["value"], path)}


def _aggregate(dataset: Dataset, asked: Aggregate | None) -> Aggregate | None:
    if asked is None or asked["function"] == "count":
        return asked and {"function": "count", "field": None}
    field = field_of(dataset, asked["field"] or "", "select", "aggregate.field")
    takes = (*NUMBERS, "year", "date") if asked["function"] in ("min", "max") else NUMBERS
    if field.kind not in takes:
        raise BadQuery("aggregate.field", f"{field.name} has no {asked['function']}: it is a {field.kind}")
    return {"function": asked["function"], "field": field.name}


def _order(dataset: Dataset, query: Query, grouped: list[str]) -> Order | None:
    asked = query["order"]
    if asked is None or (query["aggregate"] and not grouped):  # one row has no order
        return None
    if not query["aggregate"]:
        field_of(dataset, asked["by"], "select", "order.by")
    elif asked["by"] not in (VALUE, *grouped):
        raise BadQuery("order.by", f"groups are ordered by {VALUE} or by {', '.join(grouped)}")
    return {"by": asked["by"], "descending": asked["descending"]}


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
