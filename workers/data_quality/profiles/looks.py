"""What the texts of a column look like: numbers, dates in a format, codes, or texts. Deciding is pure; SQL counts."""

from collections.abc import Mapping
from typing import Literal, get_args

Looks = Literal["empty", "integer", "huge integer", "decimal", "date", "code", "boolean", "text", "other"]

SHARE = 0.99  # of the filled cells, at least, must look like what the column is said to look like
WORDS: frozenset[Looks] = frozenset(get_args(Looks))
NUMBERS: frozenset[Looks] = frozenset({"integer", "huge integer", "decimal"})

# Of the formats that fit as many cells the first is told. Those of bare digits are dates only where every cell is one.
DATES: Mapping[str, tuple[str, str]] = {
    "YYYY-MM-DD": (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"),
    "YYYY-MM-DD HH:MM:SS": (r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}(:?\d{2})?)?", "%Y-%m-%d"),
    "MM/DD/YYYY": (r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y"),
    "DD/MM/YYYY": (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y"),
    "MM-DD-YYYY": (r"\d{1,2}-\d{1,2}-\d{4}", "%m-%d-%Y"),
    "DD.MM.YYYY": (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    "DD-Mon-YYYY": (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    "YYYYMMDD": (r"(18|19|20)\d{6}", "%Y%m%d"),
    "MMDDYYYY": (r"[01]\d[0-3]\d(18|19|20)\d{2}", "%m%d%Y"),
}
DIGITS = frozenset({"YYYYMMDD", "MMDDYYYY"})
DAY = {"YYYY-MM-DD HH:MM:SS": "left({0}, 10)"}  # what of a text strptime is given, where it is not all of it

BOOLEANS = (("y", "n"), ("yes", "no"), ("t", "f"), ("true", "false"), ("0", "1"))

NUMERAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"


def tests(value: str) -> dict[str, str]:
    """SQL that tells of the text ``value``, filled and trimmed, what it looks like, by what."""
    whole = f"regexp_full_match({value}, '[+-]?\\d+')"
    return {
        "whole": whole,
        "fits": f"{whole} AND TRY_CAST({value} AS BIGINT) IS NOT NULL",
        "zero_led": f"regexp_full_match({value}, '0\\d+')",
        "number": f"regexp_full_match({value}, '{NUMERAL}')",
        **{f"date:{name}": f"{day(value, name)} IS NOT NULL" for name in DATES},
        **{f"boolean:{a}": f"lower({value}) IN ('{a}', '{b}')" for a, b in BOOLEANS},
        **{f"boolean:{a}:first": f"lower({value}) = '{a}'" for a, _ in BOOLEANS},
    }


def day(value: str, name: str) -> str:
    """SQL of the moment that the text ``value`` tells in the format ``name``; null where it tells none."""
    shape, format_ = DATES[name]
    said = DAY.get(name, "{0}").format(value)
    return f"CASE WHEN regexp_full_match({value}, '{shape}') THEN try_strptime({said}, '{format_}') END"


def decide(filled: int, counts: Mapping[str, int]) -> tuple[Looks, str, int]:
    """What a column looks like of whose ``filled`` cells ``counts`` pass the `tests`.

    Gives the word, the format of a date, and how many cells do not look so.
    """
    if not filled:
        return "empty", "", 0
    for found in (_boolean(filled, counts), _date(filled, counts), _number(filled, counts)):
        if found:
            return found
    return "text", "", 0


def _boolean(filled: int, counts: Mapping[str, int]) -> tuple[Looks, str, int] | None:
    for first, _ in BOOLEANS:
        if counts[f"boolean:{first}"] == filled and 0 < counts[f"boolean:{first}:first"] < filled:
            return "boolean", "", 0
    return None


def _date(filled: int, counts: Mapping[str, int]) -> tuple[Looks, str, int] | None:
    best = max(DATES, key=lambda name: counts[f"date:{name}"])
    share = 1 if best in DIGITS else SHARE
    found = counts[f"date:{best}"]
    return ("date", best, filled - found) if found >= share * filled else None


def _number(filled: int, counts: Mapping[str, int]) -> tuple[Looks, str, int] | None:
    whole, number = counts["whole"], counts["number"]
    if whole >= SHARE * filled:
        if counts["zero_led"]:
            return "code", "", filled - whole
        return ("integer" if counts["fits"] == whole else "huge integer"), "", filled - whole
    return ("decimal", "", filled - number) if number >= SHARE * filled else None
