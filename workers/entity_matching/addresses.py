"""The parts of an address line that are compared: the number, the street in one spelling, the unit, or the box."""

import re
from dataclasses import dataclass
from functools import lru_cache

from workers.entity_matching.names import plain_form

_BOX = re.compile(r"\bP\s?O?\s?(?:BOX|DRAWER)\s+([A-Z0-9]+)|^BOX\s+([A-Z0-9]+)")
_UNIT = re.compile(r"\s(?:APT|UNIT|STE|SUITE|BLDG|FL|FLOOR|RM|ROOM|LOT|NO)\s+([A-Z0-9]+)\b.*$")
_NUMBER = re.compile(r"^(\d+[A-Z]?)(?:\s(?:TO\s)?\d+(?=\s[A-Z]))?\s+(.*)$")
_ORDINAL = re.compile(r"^(\d+)(?:ST|ND|RD|TH)$")
_SPELLED = ("FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH", "SIXTH", "SEVENTH", "EIGHTH", "NINTH", "TENTH")
_ZIP = re.compile(r"\b(\d{5})(?:[-\s]?\d{4})?$")

_DIRECTIONS = {"NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W"} | {
    "NORTHEAST": "NE", "NORTHWEST": "NW", "SOUTHEAST": "SE", "SOUTHWEST": "SW"
}  # fmt: skip
_TYPES = {
    "AVENUE": "AVE", "AV": "AVE", "AVEN": "AVE", "STREET": "ST", "STR": "ST", "ROAD": "RD", "DRIVE": "DR", "DRV": "DR",
    "BOULEVARD": "BLVD", "BOUL": "BLVD", "LANE": "LN", "COURT": "CT", "CRT": "CT", "PLACE": "PL", "TERRACE": "TER",
    "TERR": "TER", "CIRCLE": "CIR", "PARKWAY": "PKWY", "HIGHWAY": "HWY", "TRAIL": "TRL", "MANOR": "MNR",
    "SQUARE": "SQ", "PLAZA": "PLZ", "EXPRESSWAY": "EXPY", "TURNPIKE": "TPKE", "CAUSEWAY": "CSWY",
}  # fmt: skip
_STREET_TYPES = frozenset(_TYPES.values()) | {"WAY", "RUN", "PATH", "LOOP", "PIKE", "ROW"}
_BARE = frozenset(_DIRECTIONS.values()) | _STREET_TYPES


@dataclass(frozen=True)
class Address:
    """``number`` and ``street`` (without type and directions: people leave those away), or a box as a street."""

    line: str
    number: str
    street: str
    unit: str
    zip: str

    @property
    def place(self) -> str:
        """Number and street, in the spelling that is compared."""
        return f"{self.number} {self.street}".strip()


@lru_cache(maxsize=50_000)
def parse(text: str) -> Address:
    """The parts of an address line; what is not there is empty."""
    plain = plain_form(text.replace("#", " UNIT "))
    found_zip = _ZIP.search(plain)
    if box := _BOX.search(plain):
        number = box[1] or box[2]
        return Address(f"BOX {number}", number, "BOX", "", found_zip[1] if found_zip else "")
    numbered = _NUMBER.match(plain)
    number, rest = (numbered[1], numbered[2]) if numbered else ("", plain)
    unit = _UNIT.search(f" {rest}")
    rest = _UNIT.sub("", f" {rest}").strip()
    words = [_word(word) for word in rest.split()]
    street = " ".join(word for word in _up_to_type(words) if word not in _BARE) or " ".join(words)
    line = f"{number} {' '.join(words)}".strip()
    return Address(line, number, street, unit[1] if unit else "", found_zip[1] if found_zip else "")


def _word(word: str) -> str:
    if ordinal := _ORDINAL.match(word):
        return ordinal[1]
    if word in _SPELLED:
        return str(_SPELLED.index(word) + 1)
    return _DIRECTIONS.get(word) or _TYPES.get(word) or word


def _up_to_type(words: list[str]) -> list[str]:
    """The words up to the street's type: what comes behind is a city, or a unit without its word."""
    for index, word in enumerate(words):
        if index and word in _STREET_TYPES:
            return words[: index + 1]
    return words
