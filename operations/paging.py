"""Pages of a long list that stay right while rows come and go: a cursor says after which row to go on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

SIZE = 50


class BadCursor(ValueError):
    """The text is no cursor that a page gave out."""


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursor of what follows; empty at the end."""

    rows: list[Any]
    next: str


def page(rows: QuerySet[Any], cursor: str = "", *, newest_first: bool = False, size: int = SIZE) -> Page:
    """The ``size`` rows after ``cursor`` by ``created_at`` and key. Raises `BadCursor`."""
    sign, beyond = ("-", "lt") if newest_first else ("", "gt")
    rows = rows.order_by(f"{sign}created_at", f"{sign}pk")
    if cursor:
        time, key = _read(cursor)
        rows = rows.filter(Q(**{f"created_at__{beyond}": time}) | Q(created_at=time, **{f"pk__{beyond}": key}))
    found = list(rows[: size + 1])
    more = len(found) > size
    return Page(found[:size], _write(found[size - 1]) if more else "")


def _write(row: Any) -> str:
    return f"{row.created_at:%Y%m%dT%H%M%S.%f}~{row.pk}"


def _read(cursor: str) -> tuple[datetime, str]:
    time, _, key = cursor.partition("~")
    try:
        return datetime.strptime(f"{time}+0000", "%Y%m%dT%H%M%S.%f%z"), key
    except ValueError as error:
        raise BadCursor(f"{cursor!r} is no place in this list") from error
