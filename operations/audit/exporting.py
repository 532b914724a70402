"""The trail as a file: JSON lines or CSV, a batch in memory at a time."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import QuerySet

from operations.audit import names
from operations.audit.models import Entry
from operations.audit.representation import COLUMNS, entry_json

FORMATS = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
AT_ONCE = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take a cell that begins so for a formula


def lines(rows: QuerySet[Entry], form: str) -> Iterator[str]:
    """``rows`` in the order in which they were written, as the lines of a file of this ``form``."""
    found = rows.order_by("id").iterator(chunk_size=AT_ONCE)
    if form == "csv":
        yield _csv(["id", *COLUMNS])
    while batch := list(islice(found, AT_ONCE)):
        names.label(batch)
        yield "".join(_line(entry, form) for entry in batch)


def _line(entry: Entry, form: str) -> str:
    shown = entry_json(entry)
    if form == "jsonl":
        return json.dumps(shown, ensure_ascii=False) + "\n"
    return _csv(_cell(value) for value in shown.values())


def _csv(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _cell(value: object) -> str:
    text = json.dumps(value) if isinstance(value, dict | list) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
