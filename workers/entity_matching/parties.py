"""What an owner's name on a roll says: who it is, and apart from it care-of, trade name, and the role it is held in."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from workers.entity_matching.names import Name, fold, normal, plain_form, suffix_length
from workers.entity_matching.words import BUSINESS, GENERATIONS, GOVERNMENT

Kind = Literal["company", "person", "trust", "estate", "government", "unknown"]

_CARE_OF = re.compile(r"(?:^|\s)(?:C/O|%|C\.O\.|ATTN:?|IN CARE OF)\s*(.+)$")
_TRADING_AS = re.compile(r"\s(?:D/B/A|DBA|D\.B\.A\.|T/A|A/K/A|AKA|F/K/A|FKA)\s+(.+)$")
_TRUST = re.compile(r"\b(?:TRUST|TRST|TRUSTEES?|TRS?|TTEES?|TTE)\b")
_ESTATE = re.compile(r"\b(?:EST(?:ATE)? OF|(?<!REAL )ESTATE|(?<!REAL )EST)\s*$|^EST(?:ATE)? OF\b|\bLIFE ESTATE\b")
_ROLES = re.compile(r"\b(?:H/E|L/E|ET\s?AL|ET\s?UX|ET\s?VIR|TRUSTEES?|TRS|TTEES?|TTE|EST(?:ATE)? OF)\b|\sLE$")
_SURNAME_FIRST = re.compile(r"^[A-Z][A-Z'\-]*(?: [A-Z'\-]+){0,2},\s?[A-Z][A-Z.'\- &]*$")


@dataclass(frozen=True)
class Party:
    """Who a name means. ``kind`` is "unknown" where the name does not tell a company's brand from a person's."""

    kind: Kind
    name: Name
    trade_name: Name | None = None
    care_of: str = ""

    @property
    def names(self) -> list[Name]:
        """The name, and the trade name if there is one."""
        return [self.name, self.trade_name] if self.trade_name else [self.name]


@lru_cache(maxsize=50_000)
def parse(text: str) -> Party:
    """The party that ``text`` names."""
    upper = " ".join(text.upper().split())
    upper, care_of = _apart(_CARE_OF, upper)
    upper, trade_name = _apart(_TRADING_AS, upper)
    if not upper:  # a line that holds nothing but care-of
        upper, care_of = care_of, ""
    kind = _kind(upper)
    name = normal(upper) if kind in ("company", "unknown", "government") else _of_people(upper)
    return Party(kind, name, normal(trade_name) if trade_name else None, care_of)


def _apart(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.search(text)
    return (text[: found.start()].strip(" ,&"), found[1].strip()) if found else (text, "")


def _kind(upper: str) -> Kind:
    words = plain_form(upper).split()
    length = suffix_length(words)
    if 0 < length < len(words):
        return "company"
    if _ESTATE.search(upper):
        return "estate"
    if _TRUST.search(upper):
        return "trust"
    roots = {fold(word) for word in words}
    if roots & GOVERNMENT:
        return "government"
    if roots & BUSINESS:
        return "company"
    if _SURNAME_FIRST.match(_ROLES.sub(" ", upper).strip(" ,")):
        return "person"
    return "person" if GENERATIONS.intersection(words[1:]) or upper.endswith("&") else "unknown"


def _of_people(upper: str) -> Name:
    """The name without roles: people, whose words have no plurals, and trusts, which are told apart by theirs."""
    bare = _ROLES.sub(" ", upper).strip(" ,&")
    plain = plain_form(bare) or plain_form(upper)
    return Name(plain, " ".join(word for word in plain.split() if word != "AND"), "")
