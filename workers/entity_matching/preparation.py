"""Turns mapped columns into what the model compares, and into the keys by which candidates are found."""

from collections.abc import Callable, Sequence

import polars as pl

from workers.contract import Call
from workers.entity_matching import addresses, parties
from workers.entity_matching.bounds import watched
from workers.entity_matching.fields import Field
from workers.entity_matching.name_columns import Values, of_names
from workers.entity_matching.names import normal, plain_form
from workers.entity_matching.sharing import by_sharers

RECORD = "record"
Columns = dict[str, pl.Series]
Marks = Sequence[Sequence[list[str]]]
TELLING = ("name", "address", "phone")  # the kinds that tell parties apart


def prepare(call: Call, sides: Sequence[pl.DataFrame], fields: Sequence[Field]) -> list[pl.DataFrame]:
    """A frame per side: the number of the record, and for each field the columns that its kind compares.

    Raises `Cancelled` if the call is withdrawn.
    """
    made: list[Columns] = [{RECORD: pl.Series(range(side.height), dtype=pl.Int64)} for side in sides]
    texts = [[_values(side, field.columns[index]) for index, side in enumerate(sides)] for field in fields]
    marks = [[_marks(call, field.kind, side) for side in held] for field, held in zip(fields, texts, strict=True)]
    for number, field in enumerate(fields):
        others = [mark for at, mark in enumerate(marks) if at != number and fields[at].kind in TELLING]
        for columns, found in zip(made, _compared(call, field, texts[number], others), strict=True):
            columns |= {f"{column_of(field, number)}_{name}": series for name, series in found.items()}
    return [pl.DataFrame(columns) for columns in made]


def column_of(field: Field, number: int) -> str:
    """What the columns of a field begin with, in the prepared frames and in the model."""
    return f"{field.kind}{number}"


def _values(frame: pl.DataFrame, columns: Sequence[str]) -> Values:
    """The texts in ``columns`` of each row, without blanks."""
    lists = [frame[name].cast(pl.String).fill_null("").str.strip_chars().to_list() for name in columns]
    return [[text for text in row if text] for row in zip(*lists, strict=True)]


def _marks(call: Call, kind: str, side: Values) -> list[str]:
    """One text per record that stands for its value of a field."""
    read = {"name": lambda text: parties.parse(text).name.key, "address": lambda text: addresses.parse(text).place}
    mark = read.get(kind, str)
    return [mark(row[0]) if row else "" for row in watched(call, side)]


def _compared(call: Call, field: Field, texts: Sequence[Values], others: Marks) -> list[Columns]:
    if field.kind == "name":
        return of_names(call, texts, field, others)
    if field.kind == "address":
        return _of_addresses(call, texts, others)
    if field.kind in EXACT:
        return _of_exact([_cleaned(side, EXACT[field.kind]) for side in texts], others)
    cleaned = [_cleaned(side, SINGLE[field.kind]) for side in texts]
    return [{"value": pl.Series([row[0] if row else None for row in side], dtype=pl.String)} for side in cleaned]


def _of_addresses(call: Call, texts: Sequence[Values], others: Marks) -> list[Columns]:
    read = [[[addresses.parse(text) for text in row] for row in watched(call, side)] for side in texts]
    lines = [[list(dict.fromkeys(address.line for address in row if address.line)) for row in side] for side in read]
    made = by_sharers(lines, others)
    for columns, side in zip(made, read, strict=True):
        places = [list(dict.fromkeys(address.place for address in row if address.number)) for row in side]
        columns["places"] = columns["find"] = pl.Series(places, dtype=pl.List(pl.String))
        for name in ("number", "street"):
            values = [getattr(row[0], name) or None if row else None for row in side]
            columns[name] = pl.Series(values, dtype=pl.String)
    return made


def _of_exact(values: Sequence[Values], others: Marks) -> list[Columns]:
    made = by_sharers(values, others)
    for columns, side in zip(made, values, strict=True):
        columns["find"] = pl.Series(side, dtype=pl.List(pl.String))
    return made


def _cleaned(side: Values, clean: Callable[[str], str]) -> Values:
    return [[value for text in row if (value := clean(text))] for row in side]


def _phone(text: str) -> str:
    """Ten digits, or the seven of a local number; empty for anything shorter."""
    digits = "".join(mark for mark in text if mark.isdigit())
    digits = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
    return digits[:10] if len(digits) >= 7 and digits.strip("0") else ""


def _zip(text: str) -> str:
    digits = text.strip()[:5]
    return digits if len(digits) == 5 and digits.isdigit() else ""


EXACT: dict[str, Callable[[str], str]] = {"phone": _phone, "id": lambda text: plain_form(text).replace(" ", "")}
SINGLE: dict[str, Callable[[str], str]] = {"zip": _zip, "city": lambda text: normal(text).key, "text": plain_form}
