"""load_data: a filtered read of a dataset or a table, as a new dataset or as CSV."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import polars as pl
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers import datasets, duck
from workers.contract import Call, action
from workers.data_quality.loads import spreadsheet, writing
from workers.data_quality.loads.conditions import Condition
from workers.data_quality.loads.question import Order, Question, checked
from workers.data_quality.profiles.column import shown
from workers.datasets import Dataset
from workers.personal import masked
from workers.stores import Table, reading
from workers.warehouse.reach import reachable

Format = Literal["parquet", "csv"]

FORMAT = 1  # raise it with any change in what is written: it is part of the files' names
EXAMPLES = 5


class File(TypedDict):
    """A file beneath ``DATA_URL`` that is no dataset."""

    url: str
    bytes: int
    sha256: str


class Shown(TypedDict):
    """A column of the result and its type, in DuckDB's words."""

    name: str
    type: str


class Loaded(TypedDict):
    """What was read: a dataset, or for the format ``csv`` a file. Of personal texts the examples show the length."""

    dataset: Dataset | None
    csv: File | None
    rows: int
    bytes: int
    columns: list[Shown]
    examples: list[dict[str, Any]]
    words: str


@action(expected_seconds=15)
def load_data(
    call: Call,
    dataset: Annotated[Dataset | Table, Field(description='A dataset reference, or {"table": "sdf_current"}.')],
    columns: Annotated[list[str], Field(description="Which columns, in which order; empty: all.")] = [],  # noqa: B006
    where: Annotated[
        list[Condition],
        Field(max_length=50, description='Which rows, such as {"field": "dor_uc", "op": "in", "value": ["000"]}.'),
    ] = [],  # noqa: B006
    order: Annotated[list[Order], Field(max_length=10, description='Such as {"by": "jv", "descending": true}.')] = [],  # noqa: B006
    limit: Annotated[int | None, Field(ge=1, description="At most so many rows.")] = None,
    format: Annotated[Format, Field(description="A new dataset, or CSV for a spreadsheet.")] = "parquet",
) -> Loaded:
    """Read the rows and columns that are asked for into a new dataset, or into CSV that a spreadsheet opens unharmed.

    Asking the same of the same data gives the same file. Conditions must all hold; texts compare by their characters.
    In CSV a text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    with ExitStack() as stack:
        stack.enter_context(reachable())
        side = stack.enter_context(reading(dataset, "dataset"))
        question = checked(side, columns, where, order, limit)
        folder = stack.enter_context(datasets.workspace())
        connection = stack.enter_context(duck.database(call, folder, "dataset: it cannot be read"))
        source = writing.source(call, connection, side, question, folder)
        name = _name(source.digest, question, format)
        if found := _published(name):
            return found
        types = writing.write(call, connection, source, question, folder / "rows.parquet", plain=format == "csv")
        return _publish(call, folder, name, types, format)


def _name(source: str, question: Question, format: Format) -> str:
    """The folder of the answer, named after the source and the question."""
    asked = json.dumps([FORMAT, source, question.words, format])
    return f"loads/{hashlib.sha256(asked.encode()).hexdigest()[:32]}"


def _published(name: str) -> Loaded | None:
    """The result of an earlier call that asked the same, if its file is still there."""
    url = datasets.url_of(f"{name}/result.json")
    if not datasets.exists(url):
        return None
    with datasets.opened(url) as file:
        result = cast(Loaded, json.load(file))
    kept = result["dataset"]["$dataset"] if result["dataset"] else result["csv"]["url"] if result["csv"] else ""
    return result if datasets.exists(kept) else None


def _publish(call: Call, folder: Path, name: str, types: Mapping[str, str], format: Format) -> Loaded:
    rows = folder / "rows.parquet"
    examples = _examples(rows)
    count = int(pl.scan_parquet(rows).select(pl.len()).collect().item())
    csv = _publish_csv(call, rows, folder / "rows.csv", f"{name}/rows.csv") if format == "csv" else None
    dataset = None if csv else datasets.publish_parquet(rows, f"{name}/rows.parquet")
    result: Loaded = {
        "dataset": dataset,
        "csv": csv,
        "rows": count,
        "bytes": sum(one["bytes"] for one in (csv, dataset) if one),
        "columns": [{"name": shown(name), "type": kind} for name, kind in types.items()],
        "examples": examples,
        "words": _words(count, len(types), format),
    }
    datasets.publish_bytes(json.dumps(result).encode(), f"{name}/result.json")
    return result


def _publish_csv(call: Call, rows: Path, local: Path, name: str) -> File:
    spreadsheet.write(call, rows, local)
    size, digest = local.stat().st_size, datasets.sha256(local)
    return {"url": datasets.publish(local, name), "bytes": size, "sha256": digest}


def _examples(rows: Path) -> list[dict[str, Any]]:
    first = pl.scan_parquet(rows).head(EXAMPLES).collect().to_dicts()
    return [{shown(name): shown(masked(name, value)) for name, value in row.items()} for row in first]


def _words(rows: int, columns: int, format: Format) -> str:
    more = f" Excel shows no more than {spreadsheet.MOST_ROWS:,} rows." if rows > spreadsheet.MOST_ROWS else ""
    return f"{rows:,} rows of {columns} columns.{more if format == 'csv' else ''}"
