"""How much a column of a drifted file resembles a pinned one: by its name, its place and what its first cells hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from workers.florida_data.layouts import Layout, Member
from workers.roll_columns import Column, Kind

# Names that the Department's guide and its published headers give one column.
_SAME = (
    {"SAL_CHG_CD", "SAL_CHNG_CD"},
    {"STATE_PARCEL_ID", "STATE_PAR_ID"},
    {"OWN_NAM", "OWN_NAME"},
    {"FIDU_ZIPCD", "FIDU_ZIP_CD"},
    {"PHY_ZIPCD", "PHY_ZIP"},
    {"OR_PAGE2", "R_PAGE2"},
)
_SHAPES = {
    Kind.MONEY: r"\+?\d+",
    Kind.SIGNED: r"[+-]?\d+",
    Kind.INTEGER: r"\+?\d+",
    Kind.DECIMAL: r"\d+\.?\d*|\.\d+",
    Kind.YEAR: r"(1[5-9]|20|21)\d\d",
}
SPELLED_ALIKE, KNOWN_AS = 0.98, 0.97
NAME, PLACE, CONTENT = 0.5, 0.25, 0.25  # what each tells of a column whose name says little
WIDER = 1.25  # how far a cell may exceed the guide's width: nobody holds long ids and names to it
FITS = 0.9  # the share of cells that must suit a column


@dataclass(frozen=True)
class FileColumn:
    """A column as a file has it: its name there, the names before and after it, and its first cells."""

    name: str
    before: str
    after: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Likeness:
    """How much two columns resemble each other, from 0 to 1, and why."""

    score: float
    reason: str


def likeness(found: FileColumn, column: Column, layout: Layout, member: Member) -> Likeness:
    """How much a column of a file resembles a pinned one that has another name."""
    if _folded(found.name) == _folded(column.name):
        return Likeness(SPELLED_ALIKE, "the same name in another spelling")
    if any({found.name.upper(), column.name} <= names for names in _SAME):
        return Likeness(KNOWN_AS, "another name of it, as the state's guide has it")
    name, place = _alike(found.name, column.name), _placed(found, column, layout)
    share = fit(found.cells, column, layout, member)
    words = [f"its name is alike by {name:.0%}"]
    if place:
        words.append("it stands where that stood" if place == 1 else "it stands beside a neighbour of that")
    if share is None:
        return Likeness(round(NAME * name + PLACE * place, 2), ", ".join([*words, "its first cells are blank"]))
    words.append(f"{share:.0%} of its first cells suit it")
    score = NAME * name + PLACE * place + CONTENT * share if share >= FITS else 0.0
    return Likeness(round(score, 2), ", ".join(words))


def fit(cells: Sequence[str], column: Column, layout: Layout, member: Member) -> float | None:
    """The share of filled cells that suit a pinned column; None where none is filled."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return None
    return sum(_suits(cell, column, layout, member) for cell in filled) / len(filled)


def _suits(cell: str, column: Column, layout: Layout, member: Member) -> bool:
    constants = {
        "CO_NO": str(member.county_no),
        "ASMNT_YR": str(member.year),
        "TAX_YR": str(member.year),
        **dict.fromkeys(("FILE_T", "ROLL_T", "REC_T"), layout.file_letter),
    }
    if column.name in constants:
        return cell == constants[column.name]
    if column.name in layout.key and not any(letter.isdigit() for letter in cell):
        return False
    shape = _SHAPES.get(column.kind)
    return len(cell) <= column.width * WIDER and (shape is None or re.fullmatch(shape, cell) is not None)


def _folded(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _alike(name: str, other: str) -> float:
    """How alike two names are. Numbers tell columns apart that are otherwise named the same, such as exemptions."""
    score = fuzz.ratio(_folded(name), _folded(other)) / 100
    return score if re.findall(r"\d+", name) == re.findall(r"\d+", other) else score / 2


def _placed(found: FileColumn, column: Column, layout: Layout) -> float:
    """Whether the neighbours are the same: 1 for both, a half for one of them."""
    header = ("", *layout.header, "")
    at = header.index(column.name)
    return ((found.before == header[at - 1]) + (found.after == header[at + 1])) / 2
