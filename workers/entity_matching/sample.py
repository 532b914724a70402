"""Invented owners and entities with the noise of real rolls, and which owner is which entity."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from workers.entity_matching.names import normal

CUT_AT = 30  # characters of a name that a roll keeps
_SYLLABLES = (
    "BAR", "BEL", "BRI", "CAL", "CAN", "COR", "DAL", "DEN", "DOR", "EL", "FAR", "FEN", "GAL", "GRE", "HAL", "HAR",
    "IN", "JOR", "KEN", "KIN", "LAN", "LAR", "LIN", "LOR", "MAN", "MAR", "MEL", "MON", "NOR", "OAK", "OR", "PAL",
    "PEN", "PRES", "QUIN", "RAN", "RI", "ROS", "SAL", "SAN", "SHEL", "SIL", "STAN", "TAL", "TAM", "TER", "TOR",
    "VAL", "VAN", "VER", "WAL", "WEN", "WIL", "WIN", "YAR", "ZEL",
)  # fmt: skip
_ENDS = (
    "TON", "LEY", "WOOD", "FORD", "DALE", "BURY", "MORE", "STONE", "FIELD", "HAM", "WELL", "LAND", "WICK", "MONT",
    "SEN", "ERO", "EZ", "ELLI",
)  # fmt: skip
_TRADES = (
    "HOLDINGS", "PROPERTIES", "INVESTMENTS", "BUILDERS", "ENTERPRISES", "SERVICES", "MANAGEMENT", "REALTY",
    "DEVELOPMENT", "CONSTRUCTION", "ASSOCIATES", "PARTNERS", "APARTMENTS", "RENTALS", "CAPITAL", "VENTURES",
    "GROUP", "HOMES", "LAND_TRUST", "REAL_ESTATE", "MEDICAL_CENTER",
)  # fmt: skip
_SHORT = {
    "PROPERTIES": "PROP", "INVESTMENTS": "INVS", "BUILDERS": "BLDRS", "MANAGEMENT": "MGMT", "ASSOCIATES": "ASSOC",
    "DEVELOPMENT": "DEV", "CONSTRUCTION": "CONSTR", "ENTERPRISES": "ENT", "PARTNERS": "PTNRS", "SERVICES": "SVCS",
    "FLORIDA": "FL", "APARTMENTS": "APTS", "HOLDINGS": "HLDGS", "CENTER": "CTR",
}  # fmt: skip
_SUFFIXES = (
    "LLC", ", LLC", "INC", ", INC.", "INC.", "CORP", "L.L.C.", "CORPORATION", "LIMITED LIABILITY COMPANY", "PA",
)  # fmt: skip
_FIRST_NAMES = (
    "JOE", "ANN", "LUIS", "MARIA", "JOHN", "ROSA", "PETER", "LINDA", "CARLOS", "NANCY", "DAVID", "ELENA", "MARK",
    "SUSAN",
)  # fmt: skip
_STREETS = ["AVE", "ST", "RD", "DR", "BLVD", "LN", "CT", "TER", "WAY", "PL"]
_CITIES = (("MIAMI", "331"), ("TAMPA", "336"), ("OCALA", "344"), ("NAPLES", "341"), ("TITUSVILLE", "327"))


@dataclass(frozen=True)
class Sample:
    """Owners as a roll has them, entities as the registry does, and the entity of each owner that is one."""

    owners: pl.DataFrame
    entities: pl.DataFrame
    truth: Mapping[str, str]


def make(owners: int, entities: int, seed: int = 1) -> Sample:
    """So many of each. Half of the owners are registered entities, the others people, trusts, and unknown companies."""
    draw = random.Random(seed)  # noqa: S311 - a sample, and the same for the same seed
    words = _invented_words(draw, max(400, entities // 6))
    agents = [_address(draw, words) for _ in range(max(2, entities // 400))]
    names = _names(draw, words)
    registered = [_entity(draw, words, agents, f"L{number:011d}", next(names)) for number in range(entities)]
    truth: dict[str, str] = {}
    rows = []
    for number in range(owners):
        key = f"{number:09d}"
        if draw.random() < 0.5:
            entity = draw.choice(registered)
            truth[key] = entity["document_number"]
            rows.append(_as_owner(draw, words, key, entity))
        else:
            rows.append(_stranger(draw, words, key, next(names)))
    return Sample(pl.DataFrame(rows), pl.DataFrame(registered), truth)


def _invented_words(draw: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(draw.choices(_SYLLABLES, k=draw.choice((1, 1, 2)))) + draw.choice(_ENDS)] = None
    return list(found)


def _names(draw: random.Random, words: list[str]) -> Iterator[str]:
    """Names without suffix, no two the same by Florida's rule; some of them series."""
    seen: set[str] = set()
    while True:
        parts = [*draw.choices(words, k=draw.choice((1, 1, 2, 2, 3))), draw.choice(_TRADES).replace("_", " ")]
        if draw.random() < 0.25:
            parts.insert(1, draw.choice(("&", "OF", "AT THE", "SOUTH", "FLORIDA", "GULF", "BEACH")))
        if draw.random() < 0.1:
            parts.append(draw.choice(("I", "II", "III", "2", "3", "4", "2020")))
        name = " ".join(parts)
        if (key := normal(f"{name} LLC").key) not in seen:
            seen.add(key)
            yield name


def _address(draw: random.Random, words: list[str]) -> dict[str, str]:
    city, area = draw.choice(_CITIES)
    number, unit = draw.randint(1, 19_999), f" STE {draw.randint(1, 900)}" if draw.random() < 0.2 else ""
    street = draw.choice(words) if draw.random() < 0.6 else f"{draw.choice('NSEW')} {draw.randint(2, 180)}"
    line = f"{number} {street} {draw.choice(_STREETS)}{unit}"
    return {"line": line, "city": city, "zip": f"{area}{draw.randint(0, 99):02d}"}


def _entity(
    draw: random.Random, words: list[str], agents: list[dict[str, str]], number: str, name: str
) -> dict[str, str]:
    agent = draw.choice(agents)
    seat = agent if draw.random() < 0.2 else _address(draw, words)
    suffix = draw.choice(_SUFFIXES)
    return {
        "document_number": number,
        "name": name + ("" if suffix.startswith(",") else " ") + suffix,
        "status": "A" if draw.random() < 0.8 else "I",
        "principal_address_1": seat["line"],
        "principal_city": seat["city"],
        "principal_zip": seat["zip"],
        "agent_address": agent["line"],
    }


def _as_owner(draw: random.Random, words: list[str], key: str, entity: dict[str, str]) -> dict[str, str]:
    """The entity as an appraiser wrote it down: abbreviated, mistyped, cut off, at its own or another address."""
    moved = draw.random() < 0.3
    seat = _address(draw, words)
    return {
        "parcel_id": key,
        "own_name": _written_down(draw, entity["name"])[:CUT_AT].strip(),
        "own_addr1": seat["line"] if moved else _respelt(draw, entity["principal_address_1"]),
        "own_city": seat["city"] if moved else entity["principal_city"],
        "own_zipcd": seat["zip"] if moved else entity["principal_zip"],
    }


def _written_down(draw: random.Random, name: str) -> str:
    words = name.replace(",", " ").replace(".", "").split()
    if draw.random() < 0.35:
        words = [_SHORT.get(word, word) for word in words]
    written = " ".join(words)
    if draw.random() < 0.25:
        written = written.replace(" & ", " AND ")
    if draw.random() < 0.2:
        written = written.removesuffix("LLC").removesuffix("INC").strip()
    if draw.random() < 0.12:
        written = _mistyped(draw, written)
    if draw.random() < 0.03:
        written += draw.choice((" C/O J SMITH", " ETAL"))
    return f"THE {written}" if draw.random() < 0.03 else written


def _mistyped(draw: random.Random, text: str) -> str:
    at = draw.randrange(1, min(len(text), 16) - 1)
    kinds = (
        text[:at] + text[at + 1 :],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        text[:at] + text[at:][0] + text[at:],
    )
    return draw.choice(kinds)


def _respelt(draw: random.Random, line: str) -> str:
    long = {" AVE": " AVENUE", " ST": " STREET", " RD": " ROAD", " BLVD": " BOULEVARD", " STE ": " #"}
    short, full = draw.choice(list(long.items()))
    return line.replace(short, full) if line.endswith(short) or short == " STE " else line


def _stranger(draw: random.Random, words: list[str], key: str, unregistered: str) -> dict[str, str]:
    """A person, a trust, an estate, or a company that is not registered."""
    surname, first = draw.choice(words), draw.choice(_FIRST_NAMES)
    name = draw.choices(
        (
            f"{surname},{first} {draw.choice('ABCEM')}",
            f"{surname},{first} & {draw.choice(_FIRST_NAMES)} H/E",
            f"{surname} {first} TRS",
            f"{surname} FAM REV LIV TR",
            f"{surname},{first} EST",
            f"{unregistered} LLC",
        ),
        (40, 25, 5, 5, 3, 22),
    )[0]
    seat = _address(draw, words)
    return {
        "parcel_id": key,
        "own_name": name[:CUT_AT].strip(),
        "own_addr1": seat["line"],
        "own_city": seat["city"],
        "own_zipcd": seat["zip"],
    }
