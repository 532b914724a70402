"""What the name of a published file tells: county, type, year and stage, as far as it does.

Zips are named by hand, such as ``Alachua 11 Preliminary NAL 2026.zip``; some lack the county's number, some bear
another county's, and some misspell the name (``Indin River 41``). So the county is what its name says, and the number
only helps where there is no name, or none that is quite right.
"""

import re
from dataclasses import dataclass, replace
from typing import cast

from workers import counties
from workers.contract import InvalidParameters
from workers.counties import County, UnknownCounty
from workers.florida_data.layouts import FILE_TYPES, NAV, NAV_STAGE, STAGE_NAMES, FileType, Stage, parse_member

YEAR_FOLDER = re.compile(r"((?:19|20)\d\d)([SPF])?", re.IGNORECASE)  # NAV files have no stage, nor have their folders
# How the folders of NAV files are called on the portal is not known for certain.
_NAV_WORDS = re.compile(r"(?<![A-Z])NAV[\s_-]*([ND])(?![A-Z])", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_BETWEEN = re.compile(r"[\s_.,()\[\]-]+")
_STAGES: dict[str, Stage] = {
    "preliminary": "P",
    "prelim": "P",
    "final": "F",
    "sales": "S",
}


@dataclass(frozen=True)
class Told:
    """What a name tells; None is what it does not."""

    county: County | None = None
    file_type: FileType | None = None
    year: int | None = None
    stage: Stage | None = None

    @property
    def is_complete(self) -> bool:
        return None not in (self.county, self.file_type, self.year, self.stage)

    def or_else(self, other: "Told") -> "Told":
        """This, and what ``other`` tells where this does not."""
        missing = {name: value for name, value in vars(other).items() if getattr(self, name) is None}
        return replace(self, **missing)


def read_name(path: str) -> Told:
    """What the last part of ``path`` tells, and the folders before it where that is silent."""
    *folders, name = path.replace("\\", "/").split("/")
    told = _read_member(name) or _read_words(name.rsplit(".", 1)[0])
    for folder in reversed(folders):
        told = told.or_else(_read_folder(folder))
        if told.file_type in NAV:
            told = told.or_else(Told(year=_year_alone(folder), stage=NAV_STAGE))
    return told


def label(county: str, file_type: str, year: int | None, stage: str | None) -> str:
    """A short name for people, such as ``Broward SDF 2025P``."""
    return f"{county} {file_type} {year or ''}{stage or ''}".strip()


def _read_member(name: str) -> Told | None:
    try:
        member = parse_member(name)
    except InvalidParameters:
        return None
    return Told(counties.BY_NO.get(member.county_no), member.file_type, member.year, member.stage)


def _read_folder(folder: str) -> Told:
    if (match := YEAR_FOLDER.fullmatch(folder)) and match[2]:
        return Told(year=int(match[1]), stage=cast(Stage, match[2].upper()))
    return Told(file_type=file_type_of(folder))


def _year_alone(folder: str) -> int | None:
    return int(folder) if _YEAR.fullmatch(folder) else None


def _read_words(name: str) -> Told:
    words = [word for word in _BETWEEN.split(_NAV_WORDS.sub(r"NAV\1", name)) if word]
    years = [match for word in words if (match := YEAR_FOLDER.fullmatch(word))]
    stages = [_STAGES[word.lower()] for word in words if word.lower() in _STAGES]
    stages += [cast(Stage, match[2].upper()) for match in years if match[2]]
    letters = [word for word in words if not word[0].isdecimal() and not _is_term(word)]
    return Told(
        county=_county(" ".join(letters), [int(word) for word in words if word.isdecimal() and len(word) == 2]),
        file_type=next((kind for word in words if (kind := file_type_of(word))), None),
        year=int(years[-1][1]) if years else None,
        stage=stages[0] if stages else None,
    )


def _is_term(word: str) -> bool:
    return word.lower() in _STAGES or word.lower() in STAGE_NAMES.values() or file_type_of(word) is not None


def file_type_of(word: str) -> FileType | None:
    """The type that a word or a folder's name is: ``NAV N`` and ``NAV_N`` are the same as ``NAVN``."""
    kind = _NAV_WORDS.sub(r"NAV\1", word).upper()
    return cast(FileType, kind) if kind in FILE_TYPES else None


def _county(name: str, numbers: list[int]) -> County | None:
    try:
        return counties.find(name)
    except UnknownCounty:
        numbered = counties.BY_NO.get(numbers[0]) if numbers else None
        return numbered if numbered and (not name or counties.resembles(name, numbered)) else None
