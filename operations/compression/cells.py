"""The cells of a table as text, and back: every JSON value keeps its type, its digits and its characters.

A column of strings is written bare, any other column as JSON. What a bare text could be mistaken for is written as
a JSON string. ``\\N`` is null, ``\\M`` is a name that the row does not have, ``*7`` the seventh repeated text, and
``\\=`` goes before a text that lacks its column's common beginning.

A value is known by its JSON text, its *identity*: equal identities mean equal values of one type, so that 1, 1.0,
true and "1" stay apart.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

MISSING = ""  # the identity of what a row does not have; no JSON text is empty
NULL = "null"
WHOLE = r"\="
PATTERN = '~"'

_REST = r"[^,\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*"
BARE = re.compile(r'(?![",\\*~])' + _REST.removesuffix("*") + _REST)
SURROGATE = re.compile(r"[\ud800-\udfff]")

_decoder = json.JSONDecoder()
_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
_ascii = json.JSONEncoder(separators=(",", ":"), default=str).encode


class NotEncoded(ValueError):
    """The text is not what `encode` writes, or not all of it."""


def compact(value: Any) -> str:
    """``value`` as compact JSON that can be sent: half a surrogate pair stays an escape."""
    text = _plain(value)
    return _ascii(value) if SURROGATE.search(text) else text


def sendable(text: str) -> str:
    """A text that can be sent: half a surrogate pair, which is no character, becomes a question mark."""
    return text.encode(errors="replace").decode() if SURROGATE.search(text) else text


def identities(values: list[Any]) -> list[str]:
    """The identity of each value."""
    known: dict[str, str] = {}
    return [_identity_of_text(value, known) if type(value) is str else _identity(value) for value in values]


def _identity_of_text(value: str, known: dict[str, str]) -> str:
    found = known.get(value)
    if found is None:
        found = known[value] = compact(value)
    return found


def _identity(value: Any) -> str:
    if value is None:
        return NULL
    return str(value) if type(value) is int else compact(value)


def is_text(identity: str) -> bool:
    """Is the value a string?"""
    return identity.startswith('"')


def content(identity: str) -> str:
    """The characters of a value: a string's own, the JSON text of any other."""
    return json.loads(identity) if is_text(identity) else identity


def write(identity: str) -> str:
    """A value as a cell of a column of strings, where only null and missing are no strings."""
    if not is_text(identity):
        return r"\M" if identity == MISSING else r"\N"
    text = content(identity)
    return text if BARE.fullmatch(text) else identity


def read(cell: str) -> str:
    """The identity that a cell of a column of strings stands for."""
    if cell == r"\M":
        return MISSING
    if cell == r"\N":
        return NULL
    return cell if is_text(cell) else compact(cell)


def split(line: str, are_json: list[bool]) -> Iterator[str]:
    """The cells of a line; those at its end that it does not have are blank. ``are_json``: of each column, is it JSON?

    Raises `NotEncoded`.
    """
    position = 0
    for is_json in are_json:
        if position > len(line):
            yield ""
            continue
        end = end_of_cell(line, position, is_json)
        yield line[position:end]
        position = end + 1
    if position <= len(line):
        raise NotEncoded(f"The row has more cells than the table has columns: {line[:80]!r}")


def end_of_cell(line: str, start: int, is_json: bool, stop: str = ",") -> int:
    """Where the cell that begins at ``start`` ends. Raises `NotEncoded`."""
    if line.startswith(WHOLE, start):
        start += len(WHOLE)
    if line.startswith(PATTERN, start):
        start += 1
    first = line[start : start + 1]
    if first != '"' and (not is_json or first in ("", stop, "\\", "*", "<", "^")):
        end = line.find(stop, start)
        return len(line) if end < 0 else end
    try:
        end = _decoder.raw_decode(line, start)[1]
    except ValueError as error:
        raise NotEncoded(f"A cell is not JSON: {line[start : start + 80]!r}") from error
    if line[end : end + 1] not in ("", stop):
        raise NotEncoded(f"A cell does not end where it should: {line[start : start + 80]!r}")
    return end
