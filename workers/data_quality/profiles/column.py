"""Profiles one column, in few passes over that column alone."""

import math
from decimal import Decimal
from typing import Any

from workers.data_quality.profiles import looks
from workers.data_quality.profiles.cells import Reading
from workers.data_quality.profiles.fields import Bound, Field, Frequent, Pattern
from workers.data_quality.profiles.looks import NUMBERS, Looks
from workers.personal import masked

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
TEXT_NUMBERS = {"integer": "BIGINT", "huge integer": "DECIMAL(38, 0)"}
LONGEST_SHOWN = 200  # characters of a value


def profile(reading: Reading, most: int) -> Field:
    """The profile of a column, with the ``most`` frequent values and patterns."""
    column = reading.column
    [(rows, nulls, count, distinct)] = reading.rows(
        "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER (value IS NULL), 0)::BIGINT,"
        f" coalesce(sum(n) FILTER ({column.filled}), 0)::BIGINT,"
        f" {'count(*)' if reading.exact else 'approx_count_distinct(value)'} FILTER ({column.filled}) FROM counted"
    )
    word, format_, exceptions = _looks(reading, count)
    is_number = word in NUMBERS and not column.personal
    least, greatest = _range(reading, word, format_)
    shortest, longest = _lengths(reading)
    return {
        "column": shown(column.name),
        "stored": column.stored,
        "looks": word,
        "format": format_,
        "exceptions": exceptions,
        "rows": rows,
        "nulls": nulls,
        "blanks": rows - nulls - count,
        "filled": count / rows if rows else 0.0,
        "distinct": distinct,
        "distinct_is_exact": reading.exact,
        "least": least,
        "greatest": greatest,
        "quantiles": _quantiles(reading) if is_number else {},
        "shortest": shortest,
        "longest": longest,
        "frequent": _frequent(reading, count, most),
        "patterns": _patterns(reading, count, most),
    }


def shown(value: Any) -> Any:
    """A value as JSON can have it everywhere: finite, not too long, and without NULs, which PostgreSQL's does not."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    text = str(value).replace("\0", "␀")
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _looks(reading: Reading, count: int) -> tuple[Looks, str, int]:
    if not count:
        return "empty", "", 0
    sort = reading.column.sort
    if sort == "text":
        tests = looks.tests("v")
        sums = ", ".join(f"coalesce(sum(n) FILTER ({test}), 0)" for test in tests.values())
        [row] = reading.rows(f"SELECT {sums} FROM (SELECT stripped(value) AS v, n FROM filled)")
        return looks.decide(count, {name: int(found) for name, found in zip(tests, row, strict=True)})
    if sort in ("whole", "real"):
        return _numbers(reading), "", 0
    return {"day": "date", "boolean": "boolean"}.get(sort, "other"), "", 0  # type: ignore[return-value]


def _numbers(reading: Reading) -> Looks:
    [(whole, fits)] = reading.rows(
        "SELECT bool_and(value = trunc(value)), bool_and(value::DOUBLE BETWEEN -9.2e18 AND 9.2e18) FROM filled"
    )
    if not whole:
        return "decimal"
    return "integer" if fits else "huge integer"


def _range(reading: Reading, word: Looks, format_: str) -> tuple[Bound, Bound]:
    """The least and the greatest number or day."""
    if reading.column.personal or word not in (*NUMBERS, "date"):
        return None, None
    value = "value"
    if reading.column.sort == "text":
        value = f"TRY_CAST(stripped(value) AS {TEXT_NUMBERS.get(word, 'DOUBLE')})"
        value = f"({looks.day('stripped(value)', format_)})::DATE" if word == "date" else value
    [(least, greatest)] = reading.rows(f"SELECT min({value}), max({value}) FROM filled")
    return shown(least), shown(greatest)


def _quantiles(reading: Reading) -> dict[str, float]:
    found = reading.quantiles(reading.column.measure("number"), QUANTILES)
    return {f"{share:.0%}": value for share, value in zip(QUANTILES, found, strict=False)}


def _lengths(reading: Reading) -> tuple[int | None, int | None]:
    if reading.column.sort != "text":
        return None, None
    [(shortest, longest)] = reading.rows("SELECT min(length(value)), max(length(value)) FROM filled")
    return shortest, longest


def _frequent(reading: Reading, count: int, most: int) -> list[Frequent]:
    """The most frequent values; of a column with very many, those that stand out while it is read."""
    among = "" if reading.exact else f" WHERE value IN (SELECT unnest(approx_top_k(value, {most})) FROM filled)"
    rows = reading.rows(
        f"SELECT value, sum(n)::BIGINT AS n FROM filled{among} GROUP BY value ORDER BY n DESC, value LIMIT {most}"
    )
    column = reading.column
    return [
        {
            "value": masked(column.name, value) if column.personal else shown(value),
            "count": n,
            "share": n / count,
        }
        for value, n in rows
    ]


def _patterns(reading: Reading, count: int, most: int) -> list[Pattern]:
    if reading.column.sort != "text":
        return []
    rows = reading.rows(
        f"SELECT pattern(value) AS p, sum(n)::BIGINT AS n FROM filled GROUP BY p ORDER BY n DESC, p LIMIT {most}"
    )
    return [{"pattern": pattern, "share": n / count} for pattern, n in rows]
