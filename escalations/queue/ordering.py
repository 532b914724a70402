"""The orders of the queue, and pages in each of them that lose and repeat nothing while rows come and go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from operations.paging import BadCursor, Page

SIZE = 36
TIME = "%Y%m%dT%H%M%S.%f"  # UTC


@dataclass(frozen=True)
class Order:
    """By which field, in which direction, and what it is called."""

    name: str
    label: str
    field: str
    descending: bool = False

    def page(self, rows: QuerySet[Any], cursor: str = "", size: int = SIZE) -> Page:
        """The ``size`` rows after ``cursor``. Raises `BadCursor`."""
        rows = self.sorted(rows)
        if cursor:
            rows = rows.filter(self.after(*self._read(cursor)))
        found = list(rows[: size + 1])
        return Page(found[:size], self._write(found[size - 1]) if len(found) > size else "")

    def sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.descending else ""
        return rows.order_by(f"{sign}{self.field}", f"{sign}pk")

    def after(self, value: datetime | float, key: str) -> Q:
        """What comes behind the row with this value and key."""
        beyond = "lt" if self.descending else "gt"
        return Q(**{f"{self.field}__{beyond}": value}) | Q(**{self.field: value, f"pk__{beyond}": key})

    def _write(self, row: Any) -> str:
        value = getattr(row, self.field)
        text = f"{value:{TIME}}" if isinstance(value, datetime) else repr(value)
        return f"{text}~{row.pk}"

    def _read(self, cursor: str) -> tuple[datetime | float, str]:
        text, _, key = cursor.partition("~")
        try:
            if "\0" in key:
                raise ValueError("no database keeps this")
            return (_moment(text) if self.field == "created_at" else float(text)), key
        except ValueError as error:
            raise BadCursor(f"{cursor!r} is no place in this list") from error


def _moment(text: str) -> datetime:
    return datetime.strptime(f"{text}+0000", f"{TIME}%z")


URGENT = Order("urgent", "most urgent first", "rank")
ORDERS = {
    order.name: order
    for order in (
        URGENT,
        Order("oldest", "oldest first", "created_at"),
        Order("newest", "newest first", "created_at", descending=True),
        Order("unsure", "least confident first", "uncertainty", descending=True),
    )
}
