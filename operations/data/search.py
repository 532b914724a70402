"""Searching parcels and accounts: by their id, or by a site address or an owner's name; in pages, and never for long.

An id is looked up by the table's key. A text is looked up by how it begins, for which PostgreSQL has an index, or
anywhere in it, for which the rows have to be read: then `TookTooLong` may be raised.
"""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import connections

from operations.data.reading import Row, fetched, key_of, limited, newest, rows_with
from workers.florida_data.tables import TABLES
from workers.warehouse import ALIAS
from workers.warehouse.models import Release
from workers.warehouse.tables import by_characters, folded

SIZE = 50
LAST = "\U0010ffff"  # after every text that begins like the one before it

# The columns that hold a site address and an owner's name, by the kind of file.
TEXTS = {
    "address": {"NAL": "phy_addr1", "NAP": "phy_addr"},
    "owner": {"NAL": "own_name", "NAP": "own_nam"},
}
PLACES = {"NAL": ("phy_addr1", "phy_city", "own_name", "jv"), "NAP": ("phy_addr", "phy_city", "own_nam", "jv_total")}
IDS = ("NAL", "NAP", "SDF")  # a parcel may be known by its sales alone


class BadCursor(ValueError):
    """The text is no cursor that a page gave out."""


@dataclass(frozen=True)
class Question:
    """What is searched: a text, in what (``id``, ``address``, ``owner``), in which county, and where in it."""

    text: str
    by: str = "id"
    county_no: int | None = None
    anywhere: bool = False


@dataclass(frozen=True)
class Found:
    """One row of the results. ``kind`` is NAL, SDF or NAP."""

    kind: str
    county_no: int
    id: str
    address: str
    city: str
    owner: str
    value: int | None
    year: int
    place: tuple[str, int, int, str]  # where it stands in the results


@dataclass(frozen=True)
class Results:
    """A page of results and the cursor of the next; empty at the end."""

    rows: list[Found]
    next: str


def search(question: Question, cursor: str = "") -> Results:
    """A page of what is found. Raises `TookTooLong` and `BadCursor`."""
    with limited():
        if question.by == "id":
            return Results(_by_id(question), "")
        return _by_text(question, _read(cursor, question.by) if cursor else None)


def spellings(text: str) -> list[str]:
    """The ids that ``text`` may mean: trimmed, as typed and in capitals. Punctuation is part of an id."""
    return list(dict.fromkeys([text.strip(), text.strip().upper()]))


def _by_id(question: Question) -> list[Found]:
    """All with this id; a parcel that has sales only, once."""
    found: dict[tuple[bool, int, str], Found] = {}
    for order, kind in enumerate(IDS):
        releases = newest(kind, question.county_no)
        years = {release.pk: release.year for release in releases}
        for row in rows_with(kind, releases, spellings(question.text)):
            one = _found(kind, order, row, "", years)
            found.setdefault((kind == "NAP", one.county_no, one.id), one)
    return sorted(found.values(), key=lambda one: (one.county_no, one.kind))[:SIZE]


def _by_text(question: Question, after: tuple[str, int, int, str] | None) -> Results:
    found: list[Found] = []
    for order, (kind, column) in enumerate(TEXTS[question.by].items()):
        releases = newest(kind, question.county_no)
        if releases:
            found += _matching(question, kind, order, column, releases, after)
    found.sort(key=lambda one: one.place)
    rows = found[:SIZE]
    return Results(rows, _cursor(rows[-1].place) if len(found) > SIZE else "")


def _matching(
    question: Question,
    kind: str,
    order: int,
    column: str,
    releases: list[Release],
    after: tuple[str, int, int, str] | None,
) -> list[Found]:
    """The first rows of a table that match, after the place in the results."""
    connection = connections[ALIAS]
    table, quote = TABLES[kind], connection.ops.quote_name  # type: ignore[index]
    text, key = folded(connection, column), by_characters(connection, quote(key_of(table)))
    condition, parameters = _condition(question, text)
    if after:
        beyond, more = _beyond(after, order, text, key)
        condition, parameters = f"{condition} AND {beyond}", parameters + more
    names = ", ".join(map(quote, ["release_id", "co_no", key_of(table), *PLACES[kind]]))
    numbers = ", ".join(str(release.pk) for release in releases)
    rows = fetched(
        f"SELECT {names}, {text} AS place FROM {quote(table.name)} WHERE release_id IN ({numbers}) AND {condition}"  # noqa: S608
        f" ORDER BY {text}, release_id, {key} LIMIT {SIZE + 1}",
        parameters,
    )
    years = {release.pk: release.year for release in releases}
    return [_found(kind, order, row, row["place"], years) for row in rows]


def _condition(question: Question, text: str) -> tuple[str, list[Any]]:
    wanted = question.text.strip().upper()
    if question.anywhere:
        escaped = wanted.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        return f"{text} LIKE %s ESCAPE '!'", [f"%{escaped}%"]
    return f"{text} >= %s AND {text} < %s", [wanted, wanted + LAST]


def _beyond(after: tuple[str, int, int, str], order: int, text: str, key: str) -> tuple[str, list[Any]]:
    """What comes after a place of the results in the table that comes as number ``order``."""
    place, its_order, release, name = after
    if order == its_order:
        return f"({text}, release_id, {key}) > (%s, %s, %s)", [place, release, name]
    return f"{text} {'>=' if order > its_order else '>'} %s", [place]


def _found(kind: str, order: int, row: Row, place: str, years: dict[int, int]) -> Found:
    key = key_of(TABLES[kind])  # type: ignore[index]
    address, city, owner, value = (row.get(name) for name in PLACES.get(kind, PLACES["NAL"]))
    return Found(
        kind,
        row["co_no"],
        row[key],
        address or "",
        city or "",
        owner or "",
        value,
        years[row["release_id"]],
        (place, order, row["release_id"], row[key]),
    )


def _cursor(place: tuple[str, int, int, str]) -> str:
    """Where the next page begins, without the text: a name of a person is not for the page's source."""
    return signing.dumps(place[1:])


def _read(cursor: str, by: str) -> tuple[str, int, int, str]:
    try:
        order, release, name = signing.loads(cursor)
        kind, column = list(TEXTS[by].items())[order]
    except (signing.BadSignature, ValueError, IndexError) as error:
        raise BadCursor("this is no place in these results") from error
    connection, table = connections[ALIAS], TABLES[kind]
    quote = connection.ops.quote_name
    found = fetched(
        f"SELECT {folded(connection, column)} AS place FROM {quote(table.name)}"  # noqa: S608
        f" WHERE release_id = %s AND {quote(key_of(table))} = %s LIMIT 1",
        [release, name],
    )
    if not found:
        raise BadCursor("the row at which the page ended is gone")
    return found[0]["place"], order, release, name
