"""The records of the Division of Corporations' files, byte by byte.

Widths count bytes, not characters: a record is cut first and decoded afterwards. `Layout.pack` of `Layout.unpack`
gives the very bytes again, whatever they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Literal

DatasetName = Literal["corporations", "events", "fictitious"]
DATASETS: tuple[DatasetName, ...] = ("corporations", "events", "fictitious")

# As the Division's own description of the files lists them.
FILING_TYPES = (
    *("DOMP", "DOMNP", "FORP", "FORNP", "DOMLP", "FORLP"),
    *("FLAL", "FORL", "NPREG", "TRUST", "AGENT"),
)


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"
    DATE = "date"  # MMDDYYYY; blank or zeros where there is none
    NAME = "name"  # 42 bytes; a person's are last name 20, first name 14, middle initial 1, suffix 7
    FILLER = "filler"  # nothing, but not always blanks: daily files have NULs there


@dataclass(frozen=True)
class Field:
    """A field's name, width in bytes, and kind."""

    name: str
    width: int
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Slice:
    """Where a field is in its record."""

    name: str
    start: int
    width: int
    kind: Kind


@dataclass(frozen=True)
class Group:
    """Fields that come several times at the end of a record, such as its six officers."""

    name: str
    count: int
    fields: tuple[Field, ...]

    @cached_property
    def width(self) -> int:
        """Of one occurrence."""
        return sum(field.width for field in self.fields)

    def field(self, position: int, name: str) -> str:
        """The name of a field of the occurrence at ``position``, counted from 1."""
        return f"{self.name}_{position}_{name}"


@dataclass(frozen=True)
class Layout:
    """A record: its fields, then those of its group, then perhaps a filler."""

    name: DatasetName
    fields: tuple[Field, ...]
    group: Group | None = None
    filler: int = 0

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """All fields in the order of the record, those of the group with the group's name and their position."""
        return tuple(placed(self._all_fields()))

    @cached_property
    def width(self) -> int:
        return sum(field.width for field in self._all_fields())

    @cached_property
    def group_start(self) -> int:
        return sum(field.width for field in self.fields)

    @property
    def least(self) -> int:
        """The bytes of a record without its last filler, which some copies of the files have lost."""
        return self.width - self.filler

    def unpack(self, record: bytes) -> dict[str, str]:
        """Each field's text at its full width. Bytes that are no UTF-8 become lone surrogates, as in file names."""
        return {
            at.name: record[at.start : at.start + at.width].decode("utf-8", "surrogateescape") for at in self.slices
        }

    def pack(self, fields: dict[str, str]) -> bytes:
        """The record of these texts, each filled up with blanks. Raises `ValueError` that names a field too wide."""
        return b"".join(_packed(at, fields.get(at.name, "")) for at in self.slices)

    def _all_fields(self) -> Iterator[Field]:
        yield from self.fields
        if self.group:
            for position in range(1, self.group.count + 1):
                for field in self.group.fields:
                    yield Field(self.group.field(position, field.name), field.width, field.kind)
        if self.filler:
            yield Field("filler", self.filler, Kind.FILLER)


def placed(fields: Iterable[Field]) -> Iterator[Slice]:
    """Where each of ``fields`` is, one after the other."""
    start = 0
    for field in fields:
        yield Slice(field.name, start, field.width, field.kind)
        start += field.width


def _packed(at: Slice, text: str) -> bytes:
    content = text.encode("utf-8", "surrogateescape")
    if len(content) > at.width:
        raise ValueError(f"{at.name}: {len(content)} bytes where {at.width} fit")
    return content.ljust(at.width)


def _address(name: str) -> tuple[Field, ...]:
    return (
        Field(f"{name}_address_1", 42),
        Field(f"{name}_address_2", 42),
        Field(f"{name}_city", 28),
        Field(f"{name}_state", 2),
        Field(f"{name}_zip", 10),
    )


def _report(number: int) -> tuple[Field, ...]:
    return (
        Field(f"report_{number}_year", 4),
        Field(f"report_{number}_filler", 1, Kind.FILLER),
        Field(f"report_{number}_date", 8, Kind.DATE),
    )


CORPORATIONS = Layout(
    "corporations",
    (
        Field("document_number", 12),
        Field("name", 192),
        Field("status", 1),
        Field("filing_type", 15),
        *_address("principal"),
        Field("principal_country", 2),
        *_address("mail"),
        Field("mail_country", 2),
        Field("file_date", 8, Kind.DATE),
        Field("fei", 14),
        Field("more_officers", 1),
        Field("last_transaction_date", 8, Kind.DATE),
        Field("formed_in", 2),
        *_report(1),
        *_report(2),
        *_report(3),
        Field("agent_name", 42, Kind.NAME),
        Field("agent_type", 1),
        Field("agent_address", 42),
        Field("agent_city", 28),
        Field("agent_state", 2),
        Field("agent_zip", 9),
    ),
    Group(
        "officer",
        6,
        (
            Field("title", 4),
            Field("type", 1),
            Field("name", 42, Kind.NAME),
            Field("address", 42),
            Field("city", 28),
            Field("state", 2),
            Field("zip", 9),
        ),
    ),
    filler=4,
)

EVENTS = Layout(
    "events",
    (
        Field("document_number", 12),
        Field("sequence", 5),
        Field("code", 20),
        Field("description", 40),
        Field("effective_date", 8, Kind.DATE),
        Field("filed_date", 8, Kind.DATE),
        Field("note_1", 35),
        Field("note_2", 35),
        Field("note_3", 35),
        Field("other_number", 12),
        Field("name", 192),
        Field("name_sequence", 5),
        Field("other_name_sequence", 5),
        Field("name_changed", 1),
        Field("other_name_changed", 1),
        *_address("principal"),
        *_address("mail"),
    ),
)

FICTITIOUS = Layout(
    "fictitious",
    (
        Field("document_number", 12),
        Field("name", 192),
        Field("county", 12),
        Field("address_1", 40),
        Field("address_2", 40),
        Field("city", 28),
        Field("state", 2),
        Field("zip", 10),
        Field("country", 2),
        Field("file_date", 8, Kind.DATE),
        Field("pages", 5),
        Field("status", 1),
        Field("cancellation_date", 8, Kind.DATE),
        Field("expiration_date", 8, Kind.DATE),
        Field("owner_count", 5),
        Field("fei", 14),
        Field("more_owners", 1),
    ),
    Group(
        "owner",
        10,
        (
            Field("number", 12),
            Field("name", 55),
            Field("type", 1),
            Field("address", 40),
            Field("city", 28),
            Field("state", 2),
            Field("zip", 10),
            Field("country", 2),
            Field("fei", 9),
            Field("charter_number", 12),
        ),
    ),
)

LAYOUTS: dict[DatasetName, Layout] = {layout.name: layout for layout in (CORPORATIONS, EVENTS, FICTITIOUS)}
STATUSES: dict[DatasetName, str] = {"corporations": "AI", "fictitious": "AEC"}
