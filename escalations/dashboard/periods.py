"""The stretches of time that the dashboard can be asked for, and the hours and days in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Func

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LETTERS = {"hour": 13, "day": 10}  # of "2026-11-24 17:00:00"


@dataclass(frozen=True)
class Period:
    """A stretch of time that ends now. ``name`` is its place in the address."""

    name: str
    words: str
    length: timedelta

    @property
    def days(self) -> int:
        return self.length.days


PERIODS = {
    period.name: period
    for period in (
        Period("24h", "24 hours", DAY),
        Period("7d", "7 days", 7 * DAY),
        Period("30d", "30 days", 30 * DAY),
    )
}


class Slot(Func):
    """The hour or day (``unit``) of a time; `key` makes the same text of it and of a datetime. UTC.

    TruncHour calls Python for each row on SQLite: a second for 100,000 of them.
    """

    output_field = CharField()

    def __init__(self, expression: str, *, unit: str) -> None:
        super().__init__(expression, unit=unit, letters=LETTERS[unit])

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="substr(%(expressions)s, 1, %(letters)s)")

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="date_trunc('%(unit)s', %(expressions)s)")


def key(moment: datetime | str, unit: str) -> str:
    """ "2026-11-24 17" of a time, or of what the database made of it."""
    return str(moment)[: LETTERS[unit]]


def slots(now: datetime, unit: str, number: int) -> list[datetime]:
    """The beginnings of the last ``number`` hours or days, the oldest first; the last one is still going on."""
    newest = now.replace(minute=0, second=0, microsecond=0)
    if unit == "day":
        newest = newest.replace(hour=0)
    step = HOUR if unit == "hour" else DAY
    return [newest - step * back for back in reversed(range(number))]
