"""Florida's 67 counties: the number that the Department of Revenue gives each, its name and its FIPS code.

The Department numbered the counties by the alphabet when Miami-Dade was still called Dade; FIPS codes follow another
order, so the one is looked up from the other and never computed.
"""

import re
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from workers.contract import InvalidParameters

FIRST_NO = 11
RESEMBLING = 0.85
# The names in the order of their numbers, each with its three-digit FIPS code.
_TABLE = """
Alachua 001, Baker 003, Bay 005, Bradford 007, Brevard 009, Broward 011, Calhoun 013, Charlotte 015, Citrus 017,
Clay 019, Collier 021, Columbia 023, Miami-Dade 086, DeSoto 027, Dixie 029, Duval 031, Escambia 033, Flagler 035,
Franklin 037, Gadsden 039, Gilchrist 041, Glades 043, Gulf 045, Hamilton 047, Hardee 049, Hendry 051, Hernando 053,
Highlands 055, Hillsborough 057, Holmes 059, Indian River 061, Jackson 063, Jefferson 065, Lafayette 067, Lake 069,
Lee 071, Leon 073, Levy 075, Liberty 077, Madison 079, Manatee 081, Marion 083, Martin 085, Monroe 087, Nassau 089,
Okaloosa 091, Okeechobee 093, Orange 095, Osceola 097, Palm Beach 099, Pasco 101, Pinellas 103, Polk 105, Putnam 107,
Saint Johns 109, Saint Lucie 111, Santa Rosa 113, Sarasota 115, Seminole 117, Sumter 119, Suwannee 121, Taylor 123,
Union 125, Volusia 127, Wakulla 129, Walton 131, Washington 133
"""
_STATE_FIPS = "12"
_DROPPED_WORDS = re.compile(r"\b(county|fl|florida)\b")
_SAINT = re.compile(r"\bst\b")
_NOT_LETTERS = re.compile(r"[^a-z]")


class UnknownCounty(InvalidParameters):
    """No county of Florida has this name or number."""


@dataclass(frozen=True)
class County:
    """One county: its number on the rolls (11-77), its name, and its five-digit FIPS code."""

    no: int
    name: str
    fips: str


def _counties() -> tuple[County, ...]:
    entries = [entry.strip().rsplit(" ", 1) for entry in _TABLE.replace("\n", " ").split(",")]
    return tuple(
        County(number, name.strip(), _STATE_FIPS + fips) for number, (name, fips) in enumerate(entries, FIRST_NO)
    )


def _folded(name: str) -> str:
    """The name as a key: ``St. Johns County`` and ``Saint-Johns`` become the same letters."""
    words = _DROPPED_WORDS.sub(" ", re.sub(r"[.\-_,']", " ", name.lower()))
    return _NOT_LETTERS.sub("", _SAINT.sub("saint", words))


COUNTIES = _counties()
BY_NO = {county.no: county for county in COUNTIES}
BY_FIPS = {county.fips: county for county in COUNTIES}
_BY_NAME = {_folded(county.name): county for county in COUNTIES} | {"dade": BY_NO[23]}


def find(value: str | int) -> County:
    """The county that ``value`` means: a name in any usual spelling, a roll number (11-77) or a FIPS code (12011).

    Raises `UnknownCounty`, which names ``value`` and the nearest match.
    """
    text = str(value).strip()
    if text.isdecimal():
        return _by_number(text)
    if county := _BY_NAME.get(_folded(text)):
        return county
    raise UnknownCounty(f"{text!r} is no county of Florida{_nearest(text)}", field="counties")


def resembles(name: str, county: County) -> bool:
    """Whether ``name`` may be that of ``county``, misspelt or with another word."""
    return JaroWinkler.similarity(_folded(name), _folded(county.name)) >= RESEMBLING


def _by_number(text: str) -> County:
    county = BY_FIPS.get(text) if len(text) == 5 else BY_NO.get(int(text)) if len(text) < 5 else None
    if county is None:
        message = f"{text} is no county of Florida: give a number from 11 to 77, a FIPS code such as 12011, or a name"
        raise UnknownCounty(message, field="counties")
    return county


def _nearest(text: str) -> str:
    match = process.extractOne(_folded(text), _BY_NAME.keys(), scorer=JaroWinkler.similarity, score_cutoff=0.6)
    return f": did you mean {_BY_NAME[match[0]].name}?" if match else ""
