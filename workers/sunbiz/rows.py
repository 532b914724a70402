"""Reads records into tables of texts: at once where they are plain ASCII, one by one where they are not."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from workers.sunbiz.layouts import Field, Group, Kind, Layout, Slice, placed
from workers.sunbiz.records import Chunk

LINE, POSITION = "line", "position"
# A person's name in its 42 bytes.
PERSON = (("last_name", 20), ("first_name", 14), ("middle_initial", 1), ("name_suffix", 7))
RECORD, PLAIN = "record", "plain"
_FIRST_PLAIN, _LAST_PLAIN = ord(" "), ord("~")
_TO_BLANKS = dict.fromkeys([*range(_FIRST_PLAIN), 0x7F, 0xA0], " ")


@dataclass(frozen=True)
class Rows:
    """The texts of a chunk's records: ``head`` has a row per record, ``group`` one per occurrence that is not blank.

    Both have the column ``line``, and the group has ``position``. Blank fields are null; surrounding blanks are gone;
    control characters have become blanks. Bytes that are no UTF-8 are read as Windows-1252.
    """

    head: pl.DataFrame
    group: pl.DataFrame | None


def read_rows(chunk: Chunk, layout: Layout) -> Rows:
    """The rows of a chunk's records."""
    records = _plainness(chunk, layout)
    head = _texts(records, [LINE], list(_columns(layout.fields)))
    if layout.group is None:
        return Rows(head, None)
    occurrences = _occurrences(records, layout.group, layout.group_start)
    return Rows(head, _texts(occurrences, [LINE, POSITION], list(_columns(layout.group.fields, parts=True))))


def decode(content: bytes, width: int) -> str | None:
    """The text of a field: UTF-8, and what is none as Windows-1252; None if it is blank.

    A character that the field's end cuts in two is left out.
    """
    text = _without_cut(content, width).decode("utf-8", "windows_1252").translate(_TO_BLANKS).strip()
    return text or None


def _plainness(chunk: Chunk, layout: Layout) -> pl.DataFrame:
    """The records with their lines, and whether each is ASCII without control characters."""
    records = pl.DataFrame(
        {LINE: pl.Series(chunk.lines, dtype=pl.Int64), RECORD: pl.Series(chunk.records, dtype=pl.Binary)}
    )
    content = np.frombuffer(b"".join(chunk.records), np.uint8).reshape(-1, layout.width)
    # A daily file has NULs in each filler: only what comes before it counts.
    content = content[:, : layout.least]
    if not content.size or (content.min() >= _FIRST_PLAIN and content.max() <= _LAST_PLAIN):
        return records.with_columns(pl.lit(value=True).alias(PLAIN))
    odd = ((content < _FIRST_PLAIN) | (content > _LAST_PLAIN)).any(axis=1)
    return records.with_columns(pl.Series(PLAIN, ~odd))


def _occurrences(records: pl.DataFrame, group: Group, start: int) -> pl.DataFrame:
    """The parts of the records that are occurrences of the group, without the blank ones."""
    occurrence = [pl.col(RECORD).bin.slice(start + number * group.width, group.width) for number in range(group.count)]
    return pl.concat(
        records.with_columns(pl.lit(number, pl.Int16).alias(POSITION), found).filter(
            pl.col(RECORD) != b" " * group.width
        )
        for number, found in enumerate(occurrence, 1)
    )


def _texts(records: pl.DataFrame, keys: list[str], columns: list[Slice]) -> pl.DataFrame:
    plain, odd = records.filter(PLAIN), records.filter(~pl.col(PLAIN))
    if odd.is_empty():
        return _read_plain(plain, keys, columns)
    return pl.concat([_read_plain(plain, keys, columns), _read_odd(odd, keys, columns)]).sort(keys)


def _columns(fields: tuple[Field, ...], *, parts: bool = False) -> Iterator[Slice]:
    """Where the fields are; with ``parts`` also those of each name, as a person's has them."""
    for at in placed(fields):
        if at.kind == Kind.FILLER:
            continue
        yield at
        start = at.start
        for part, width in PERSON if parts and at.kind == Kind.NAME else ():
            yield Slice(part, start, width, Kind.TEXT)
            start += width


def _read_plain(records: pl.DataFrame, keys: list[str], columns: list[Slice]) -> pl.DataFrame:
    texts = [
        pl.col(RECORD).bin.slice(at.start, at.width).cast(pl.String).str.strip_chars(" ").alias(at.name)
        for at in columns
    ]
    names = [at.name for at in columns]
    blank = [pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names]
    return records.select(*keys, *texts).select(*keys, *blank)


def _read_odd(records: pl.DataFrame, keys: list[str], columns: list[Slice]) -> pl.DataFrame:
    texts = {
        at.name: pl.Series(
            [decode(record[at.start : at.start + at.width], at.width) for record in records[RECORD]], dtype=pl.String
        )
        for at in columns
    }
    return records.select(keys).with_columns(**texts)


def _without_cut(content: bytes, width: int) -> bytes:
    """The content without the beginning of a character at its very end."""
    if len(content) == width:
        for length in (1, 2, 3):
            beginning = content[-length:]
            if beginning[0] >= 0xC0:
                return content[:-length] if _is_beginning(beginning) else content
    return content


def _is_beginning(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - it is registered for decoding alone
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows_1252", _as_windows_1252)
