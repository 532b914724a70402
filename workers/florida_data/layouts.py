"""The pinned layout of each roll file by type, year and stage, and the names that the files bear.

A header is compared with its layout name by name: any other list is a drift that somebody has to look at, because a
roll's columns do change, and even between the preliminary and the final roll of one year.

The layouts of NAVN and NAVD files (non-ad-valorem assessments) are unverified: see `roll_columns`.
"""

import contextlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast, get_args

from workers import roll_columns as columns
from workers.contract import ActionError, InvalidParameters
from workers.florida_data import needed
from workers.roll_columns import Column, Kind

FileType = Literal["NAL", "SDF", "NAP", "NAVN", "NAVD"]
Stage = Literal["S", "P", "F"]
FILE_TYPES: tuple[FileType, ...] = get_args(FileType)
USUAL: tuple[FileType, ...] = ("NAL", "SDF", "NAP")  # what is meant unless others are asked for
# The pair of non-ad-valorem files: a row a parcel, and a row an assessment. Some counties publish only one of them.
NAV: tuple[FileType, ...] = ("NAVN", "NAVD")
STAGES: tuple[Stage, ...] = get_args(Stage)  # in the order of the year: sales, preliminary, final
STAGE_NAMES = {"S": "sales", "P": "preliminary", "F": "final"}

# A NAV file's name has no stage: there is one roll of these a year, with several submissions, which counts as final.
NAV_STAGE: Stage = "F"
# Counties vary the name: ``NAL12F202502VAB.csv`` is the roll after the value adjustment board, ``NAL26F20260827.txt``
# has a date where others count their submissions, and ``NALNASSAU55F202501.csv`` has the county's name in it.
_ENDING = r"(?:[\s_-]*VAB)?(?:\s*\(\d\))?\.(?:csv|txt)"
_MEMBER = re.compile(rf"(NAL|SDF|NAP)[A-Z\s_.-]*(\d\d)([SPF])(\d{{4}})(\d\d|\d{{4}}){_ENDING}", re.IGNORECASE)
_NAV_MEMBER = re.compile(rf"(NAV[ND])(\d\d)(\d\d)(\d\d){_ENDING}", re.IGNORECASE)


class HeaderDrift(ActionError):
    """A file's header is not the one that its type, year and stage have."""


@dataclass(frozen=True)
class Layout:
    """The columns of one file type as published from some release on, its key, and the letter in FILE_T (if any).

    ``needed`` are further columns that no file can do without, since rules ask for them. A file of a layout that is
    ``headerless`` may begin with its first row.
    """

    file_type: FileType
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    file_letter: str = ""
    needed: tuple[str, ...] = ()
    headerless: bool = False

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The names of the columns in their order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def indispensable(self) -> frozenset[str]:
        """The columns that no file can do without: its key, what says which file a row belongs to, what rules need."""
        constants = {"CO_NO", "ASMNT_YR", "TAX_YR", "FILE_T", "ROLL_T", "REC_T"}
        return frozenset({*self.key, *self.needed, *(constants & set(self.header))})

    def column(self, name: str) -> Column:
        """The column of this name."""
        return self.columns[self.header.index(name)]

    def of_kind(self, *kinds: Kind) -> list[str]:
        """The names of the columns of these kinds."""
        return [column.name for column in self.columns if column.kind in kinds]

    def check_header(self, header: list[str], file: str) -> None:
        """Raise `HeaderDrift` that names ``file`` and what is extra, missing or out of place in its header."""
        if tuple(header) == self.header:
            return
        raise HeaderDrift(f"{file}: its header is not the one pinned for it: {self._difference(header)}")

    def _difference(self, header: list[str]) -> str:
        extra = [name for name in header if name not in self.header]
        missing = [name for name in self.header if name not in header]
        parts = []
        if missing:
            parts.append(f"{len(missing)} missing ({_named(missing)})")
        if extra:
            parts.append(f"{len(extra)} extra ({_named(extra)})")
        if not parts and len(header) != len(set(header)):
            parts.append(f"repeated ({_named(sorted({name for name in header if header.count(name) > 1}))})")
        if not parts:
            moved = [name for name, pinned in zip(header, self.header, strict=True) if name != pinned]
            parts.append(f"columns out of order ({_named(moved)})")
        return ", ".join(parts) + f"; {len(header)} columns where {len(self.header)} were expected"


def _named(names: list[str], most: int = 8) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NAL = Layout("NAL", columns.NAL, ("PARCEL_ID",), "R", _words(needed.NAL))
_NAL_2026_FINAL = Layout("NAL", columns.NAL_2026_FINAL, ("PARCEL_ID",), "R", _words(needed.NAL))
_SDF = Layout("SDF", columns.SDF, ("PARCEL_ID", "SALE_ID_CD"), "", _words(needed.SDF))
_NAP = Layout("NAP", columns.NAP, ("ACCT_ID",), "P", _words(needed.NAP))
_NAV_N = Layout("NAVN", columns.NAV_N, ("PARCEL_ID", "SEQ_NO"), "N", _words(needed.NAV_N), headerless=True)
_NAV_D_KEY = ("PARCEL_ID", "LEVY_ID", "FUNC_CD", "SEQ_NO")
_NAV_D = Layout("NAVD", columns.NAV_D, _NAV_D_KEY, "D", _words(needed.NAV_D), headerless=True)
# Each layout from the release on in which it came in, newest first.
_PINNED: dict[FileType, list[tuple[tuple[int, int], Layout]]] = {
    "NAL": [((2026, STAGES.index("F")), _NAL_2026_FINAL), ((0, 0), _NAL)],
    "SDF": [((0, 0), _SDF)],
    "NAP": [((0, 0), _NAP)],
    "NAVN": [((0, 0), _NAV_N)],
    "NAVD": [((0, 0), _NAV_D)],
}


def layout(file_type: FileType, year: int, stage: Stage) -> Layout:
    """The layout that a file of this type, year and stage has; years to come have the newest one."""
    release = (year, STAGES.index(stage))
    return next(pinned for since, pinned in _PINNED[file_type] if release >= since)


@dataclass(frozen=True)
class Member:
    """What the name of a roll file says, such as ``NAL16P202501.csv``: type, county, stage, year and submission."""

    name: str
    file_type: FileType
    county_no: int
    stage: Stage
    year: int
    submission: int

    def release(self, sha256: str) -> str:
        """The id of the release that the bytes with this digest are, such as ``NAL-16-2025P-01-0123456789ab``."""
        return f"{self.file_type}-{self.county_no}-{self.year}{self.stage}-{self.submission:02}-{sha256[:12]}"


def parse_member(name: str) -> Member:
    """Read a file's name (folders before it are ignored). Raises `InvalidParameters` if it is not a roll's name."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    if match := _NAV_MEMBER.fullmatch(base):
        file_type, county, year, submission = match.groups()
        kind = cast(FileType, file_type.upper())
        return Member(base, kind, int(county), NAV_STAGE, 2000 + int(year), int(submission))
    match = _MEMBER.fullmatch(base)
    if match is None:
        raise InvalidParameters(f"{base!r} is not the name of a roll file, such as NAL16P202501.csv", field="member")
    file_type, county, stage, year, submission = match.groups()
    kind, letter = cast(FileType, file_type.upper()), cast(Stage, stage.upper())
    return Member(base, kind, int(county), letter, int(year), _number(submission))


def _number(submission: str) -> int:
    """The number of a submission; a date does not tell it, and counts as the first."""
    return int(submission) if len(submission) == 2 else 1


def is_member(name: str) -> bool:
    """Whether a file's name is that of a roll file."""
    with contextlib.suppress(InvalidParameters):
        return bool(parse_member(name))
    return False


def member_name(file_type: FileType, county_no: int, stage: Stage, year: int, submission: int = 1) -> str:
    """The published name of a file: the reverse of `parse_member`."""
    if file_type in NAV:
        return f"{file_type}{county_no:02}{year % 100:02}{submission:02}.TXT"
    return f"{file_type}{county_no:02}{stage}{year}{submission:02}.csv"
