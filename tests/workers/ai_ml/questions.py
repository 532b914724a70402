"""Loaded rolls and filings to ask about, and questions as callers ask them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import pytest
from django.db import connections

from tests.workers.ai_ml.make import Json
from tests.workers.rolls import make_processed
from workers import counties, datasets
from workers.ai_ml import worker
from workers.contract import Call, InvalidParameters
from workers.florida_data.layouts import FileType
from workers.florida_data.sample.rolls import Roll, csv_chunks
from workers.florida_data.upload import upload

# What the read-only guard says to the databases, beside the one SELECT of the question and those about what is loaded.
GUARDS = ("PRAGMA query_only = O", "SELECT set_config('transaction_read_only', 'on', true)", "SAVEPOINT", "ROLLBACK TO")


def ask(words: str, call: Call | None = None, **parameters: Any) -> Json:
    """The answer, through the action's schemas."""
    answer: Json = worker.actions["handle_chat_query"].run(call or Call(), {"question": words, **parameters})
    return answer


def refusal(words: str) -> str:
    """Why the question is refused."""
    with pytest.raises(InvalidParameters) as refused:
        ask(words)
    assert refused.value.field == "question"
    return str(refused.value)


def figure(words: str) -> Any:
    """The first cell of the answer."""
    return ask(words)["rows"][0][0]


def load_roll(file_type: FileType, county: str = "Union", *, parcels: int = 300, year: int = 2025) -> pl.DataFrame:
    """Load a generated roll into the warehouse; its rows as they were loaded."""
    place = counties.find(county)
    content = b"".join(csv_chunks(Roll(place, parcels, year), file_type))
    processed = make_processed(content, file_type, county=place, year=year)
    upload.run(Call(), {"processed": processed})
    return datasets.read(processed["dataset"])


@contextmanager
def statements() -> Iterator[list[str]]:
    """All that the warehouse is told inside the block."""
    told: list[str] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        told.append(sql)
        return execute(sql, params, many, context)

    with connections["warehouse"].execute_wrapper(listen):
        yield told


def only_reads(told: list[str]) -> bool:
    """Whether each statement is a SELECT or a part of the guard."""
    return all(sql.startswith(("SELECT ", *GUARDS)) and ";" not in sql for sql in told)
