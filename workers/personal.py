"""What tells of a person, by the name of its field or by its shape: the one list for examples, logs and the console.

A name of a person has no shape, so that fields are known by what they are called: columns of the rolls and of the
register of entities, and what programs usually call such things. The address of a parcel is none of a person's.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Any


class Kind(StrEnum):
    """What a value tells."""

    NAME = "name"
    ADDRESS = "address"
    EMAIL = "e-mail address"
    PHONE = "phone number"
    NUMBER = "tax number"
    STATUS = "personal status"
    RECORD = "whole record"
    KEY = "key of a record"  # often the name and address that it is known by


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Fields that are known by their whole name.
WHOLE = {
    "raw": Kind.RECORD,
    "the row as it came": Kind.RECORD,
    "fidu_cd": Kind.STATUS,
    "app_stat": Kind.STATUS,
    "co_app_stat": Kind.STATUS,
    "prev_hmstd_own": Kind.STATUS,
    "cono_prv_hm": Kind.STATUS,
    "parcel_id_prv_hmstd": Kind.STATUS,
    "username": Kind.NAME,
    "left_key": Kind.KEY,
    "right_key": Kind.KEY,
}
PARTIES = _words(
    "own owner owners fidu fiduciary officer officers agent agents applicant applicants grantor grantors grantee"
    " grantees buyer buyers seller sellers taxpayer taxpayers tenant tenants resident residents heir heirs spouse"
    " borrower borrowers customer customers contact contacts person persons"
)
REACHED = _words("mail mailing principal princ registered home postal billing")  # before the parts of an address
NAMES = _words("name names nam fullname firstname lastname surname")
ADDRESSES = _words("addr address addresses street")
PLACES = ADDRESSES | _words("city state zip zipcd zipcode postcode country")
EMAILS = _words("email emails")
PHONES = _words("phone phones telephone tel mobile fax")
NUMBERS = _words("ssn fei fein ein tin dob birthdate birthday birth passport")
SITES = _words("phy site situs property premises location")
# What has names and addresses without being anybody.
THINGS = _words(
    "file files table column field rule county worker action dataset type series job event metric model host view path"
    " parameter operation step sheet schema database layout source target set server queue key tool class function"
    " module use roll layer object ip client web network process thread logger url index group role scope"
)
# In lists of these a plain `name` is that of a thing.
STRUCTURES = _words(
    "columns fields rules files tables workers actions series datasets checks remedies steps sources services queues"
    " metrics models counties layouts views profiles patterns features properties tools signals confidence doubts"
    " readings resources endpoints circuits definitions"
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
LONGEST = 200


@lru_cache(8192)
def kind_of(field: str, within: str = "") -> Kind | None:
    """What a value in a field of this name tells of a person; None for nothing. ``within``: the list that it is in."""
    if found := WHOLE.get(field.lower()):
        return found
    words = [word.lower() for word in _WORD.findall(field[:LONGEST])]
    if not words or words[0] in SITES:
        return None
    every = set(words)
    if every & EMAILS or words[-2:] == ["e", "mail"]:
        return Kind.EMAIL
    if every & PHONES:
        return Kind.PHONE
    if every & NUMBERS:
        return Kind.NUMBER
    return _name_or_address(words, within)


def _name_or_address(words: list[str], within: str) -> Kind | None:
    rest = [word for word in words if word not in PARTIES and word not in REACHED]
    of_somebody = len(rest) < len(words)
    if of_somebody and set(rest) & PLACES:
        return Kind.ADDRESS
    if words[-1] in NAMES:
        of_a_thing = words[-2] in THINGS if len(words) > 1 else within.lower() in STRUCTURES
        return None if of_a_thing else Kind.NAME
    if set(words) & ADDRESSES:
        return None if words[0] in THINGS else Kind.ADDRESS
    return Kind.NAME if not rest and set(words) & PARTIES else None


# --- what has a shape, in any text ---

EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
SOCIAL_SECURITY = re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])")
EMPLOYER = re.compile(r"(?<![\w.-])\d{2}-\d{7}(?![\w-])")  # FEI, EIN
PHONE = re.compile(r"(?<![\w.-])(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])")
POST_BOX = re.compile(r"(?i)\bP\.?\s?O\.?\s+BOX\s+\w+")
SHAPES: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (EMAIL, Kind.EMAIL),
    (SOCIAL_SECURITY, Kind.NUMBER),
    (EMPLOYER, Kind.NUMBER),
    (PHONE, Kind.PHONE),
    (POST_BOX, Kind.ADDRESS),
)

# --- examples ---

# Of these the length is shown to everybody, site addresses too: an example needs no more.
_IN_EXAMPLES = re.compile(r"(^|_)(NAME?|ADDR(ESS)?_?\d?|E?MAIL|PHONE)($|_)", re.IGNORECASE)


def masked(column: str, value: Any) -> Any:
    """``value``, or its length if it is a text in a column that holds names, addresses or numbers to reach people."""
    return f"({len(value)} characters)" if isinstance(value, str) and _IN_EXAMPLES.search(column) else value
