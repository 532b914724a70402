"""On which days the Division works: not at weekends, nor on the state's paid holidays (Florida Statutes, 110.117)."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

SATURDAY, SUNDAY = 5, 6
MONDAY, THURSDAY = 0, 3


def is_working_day(day: date) -> bool:
    """Whether a daily file is to be expected for this day."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def working_days(first: date, last: date) -> Iterator[date]:
    """The working days from ``first`` to ``last``, both included."""
    day = first
    while day <= last:
        if is_working_day(day):
            yield day
        day += timedelta(days=1)


@cache
def holidays(year: int) -> frozenset[date]:
    """The days of a year on which the state's offices are closed."""
    thanksgiving = _weekday(year, 11, THURSDAY, 4)
    last_of_may = date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25), date(year + 1, 1, 1)]
    moving = [
        _weekday(year, 1, MONDAY, 3),  # Martin Luther King's birthday
        last_of_may,  # Memorial Day
        _weekday(year, 9, MONDAY, 1),  # Labor Day
        thanksgiving,
        thanksgiving + timedelta(days=1),
    ]
    return frozenset([*map(_observed, fixed), *moving])


def _weekday(year: int, month: int, weekday: int, number: int) -> date:
    """The ``number``-th of a weekday in a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _observed(day: date) -> date:
    """A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after."""
    return day + timedelta(days={SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0))
