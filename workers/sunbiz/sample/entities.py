"""The entities of a sample: what each number's record says, alone and after it was changed."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from workers.sample import words
from workers.sample.draws import Draws
from workers.sunbiz.layouts import CORPORATIONS
from workers.sunbiz.sample.packing import changed, pack, person

_TYPES = {
    "FLAL": ("L", 74),
    "DOMP": ("P", 16),
    "DOMNP": ("N", 4),
    "FORL": ("M", 2.5),
    "FORP": ("F", 1.5),
    "DOMLP": ("A", 1),
    "FORNP": ("F", 0.5),
    "FORLP": ("B", 0.5),
}
_TITLES = ["MGR", "AMBR", "MGRM", "P", "VP", "PRES", "CEO", "AP", "AR", "DPST", "P, D"]
_OFFICER_SHARES = [4, 60, 22, 8, 4, 1.5, 0.5]  # none to six
_AGENTS = [f"{name} REGISTERED AGENTS INC" for name in ("SABAL", "HERON", "TIDEWATER", "MANGROVE", "KEYSTONE")]
_JUNK = ["US", "US", "US", "", "", "UN", "FL", "68", "1"]
OFFICERS = 6
ODD_EVERY = 97  # one record in so many is odd in one of the ways below


@dataclass(frozen=True)
class Snapshot:
    """Which state of the entities records tell: the first one, or that after the change on ``day``."""

    seed: int
    day: date
    daily: bool = False
    known: int = 0  # entities with this number or a higher one are new on that day


def make_entities(numbers: list[int], snapshot: Snapshot) -> list[bytes]:
    """The records of the entities with these numbers."""
    draws = Draws(snapshot.seed, "entities")
    later = Draws(snapshot.seed, "entities", snapshot.day) if snapshot.daily else draws
    frame = numbered(numbers).with_columns(
        number_of(draws).alias("document_number"), kind_of(draws).alias("filing_type")
    )
    filler = {"filler": pl.lit("\0" * 4)} if snapshot.daily else {}
    fields = _entity(draws, later, snapshot) | _agent(draws) | _officers(draws) | filler
    records = pack(frame, fields, CORPORATIONS)
    if snapshot.daily:
        for index in range(ODD_EVERY // 2, len(records), ODD_EVERY):
            records[index] = _odd(records[index], index // ODD_EVERY)
    return records


def numbered(numbers: list[int]) -> pl.DataFrame:
    """A frame that draws can be made over."""
    return pl.DataFrame({"row": pl.Series(numbers, dtype=pl.UInt64)})


def number_of(draws: Draws) -> pl.Expr:
    """The document number: a letter for the type, a year, and the entity's number."""
    letter = kind_of(draws).replace_strict({kind: letter for kind, (letter, _) in _TYPES.items()})
    return letter + _year(draws).cast(pl.String).str.slice(2) + pl.col("row").cast(pl.String).str.zfill(9)


def name_of(draws: Draws) -> pl.Expr:
    """The name of an entity, its suffix in one of many spellings."""
    suffix = draws.choice(
        "written suffix", [" LLC", ", LLC", " INC", " INC.", ", INC.", " CORP", " L.L.C.", ""], _SUFFIXES
    )
    return words.companies(draws, "name").str.replace(r" [A-Z]+( [LC])*$", "") + suffix


_SUFFIXES = [55, 20, 6, 5, 4, 6, 2, 2]


def kind_of(draws: Draws) -> pl.Expr:
    """The filing type of an entity."""
    return draws.choice("type", list(_TYPES), [share for _, share in _TYPES.values()])


def _year(draws: Draws) -> pl.Expr:
    return draws.whole("year", 1998, 2024)


def _entity(draws: Draws, later: Draws, snapshot: Snapshot) -> dict[str, pl.Expr]:
    """Names and addresses change with a daily file: it is there because something did."""
    renamed = later.chance("renamed", 0.2) if snapshot.daily else pl.lit(value=False)
    moved = later.chance("moved", 0.5) if snapshot.daily else pl.lit(value=False)
    status = pl.lit("A") if snapshot.daily else draws.choice("status", ["A", "I"], [35, 65])
    foreign = pl.col("filing_type").str.starts_with("FOR")
    day = snapshot.day.strftime("%m%d%Y")
    street = (
        pl.when(moved)
        .then(words.street_addresses(later, "principal"))
        .otherwise(words.street_addresses(draws, "principal"))
    )
    filed = draws.whole("month", 1, 12).cast(pl.String).str.zfill(2) + draws.whole("filed", 1, 28).cast(
        pl.String
    ).str.zfill(2)
    year = _year(draws).cast(pl.String)
    state = {} if snapshot.daily else {"principal_state": pl.lit("FL")}
    return state | {
        "document_number": pl.col("document_number"),
        "name": pl.when(renamed).then(name_of(later)).otherwise(name_of(draws)),
        "status": status,
        "filing_type": pl.col("filing_type"),
        "principal_address_1": street,
        "principal_city": words.towns(draws, "town"),
        "principal_zip": words.zip_codes(draws, "zip"),
        "mail_address_1": street,
        "mail_city": words.towns(draws, "town"),
        "mail_state": pl.lit("FL"),
        "mail_zip": words.zip_codes(draws, "zip"),
        "mail_country": draws.choice("country", _JUNK),
        "file_date": pl.when(pl.col("row") >= snapshot.known).then(pl.lit(day)).otherwise(filed + year),
        "fei": pl.when(draws.chance("fei", 0.6)).then(draws.whole("fei number", 10**8, 10**9 - 1).cast(pl.String)),
        "more_officers": draws.choice("more", ["N", "N", "N", " ", "Y"]),
        "last_transaction_date": pl.lit(day)
        if snapshot.daily
        else pl.when(draws.chance("touched", 0.7)).then(pl.lit(day)),
        "formed_in": pl.when(foreign).then(draws.choice("formed", ["DE", "NY", "NV", "OC"])).otherwise(pl.lit("FL")),
        "report_1_year": pl.when(draws.chance("reported", 0.6)).then(pl.lit(str(snapshot.day.year))),
        "report_1_date": pl.when(draws.chance("reported", 0.6)).then(pl.lit(f"0415{snapshot.day.year}")),
    }


def _agent(draws: Draws) -> dict[str, pl.Expr]:
    """A few companies are the agents of many entities, at one address."""
    company = draws.chance("company agent", 0.25)
    which = draws.choice("agent", list(range(len(_AGENTS))), [50, 20, 15, 10, 5])
    office = (which * 100 + 150).cast(pl.String) + " EXECUTIVE WAY"
    return {
        "agent_name": pl.when(company)
        .then(which.replace_strict(dict(enumerate(_AGENTS))))
        .otherwise(_person(draws, "agent")),
        "agent_type": pl.when(company).then(pl.lit("C")).otherwise(pl.lit("P")),
        "agent_address": pl.when(company).then(office).otherwise(words.street_addresses(draws, "agent address")),
        "agent_city": pl.when(company).then(pl.lit("ANHINGA SPRINGS")).otherwise(words.towns(draws, "agent town")),
        "agent_state": pl.lit("FL"),
        "agent_zip": words.zip_codes(draws, "agent zip"),
    }


def _officers(draws: Draws) -> dict[str, pl.Expr]:
    count = draws.choice("officers", list(range(OFFICERS + 1)), _OFFICER_SHARES)
    fields: dict[str, pl.Expr] = {}
    for position in range(1, OFFICERS + 1):
        name = f"officer {position}"
        company = draws.chance(f"{name} company", 0.04)
        values = {
            "title": draws.choice(f"{name} title", _TITLES),
            "type": pl.when(company).then(pl.lit("C")).otherwise(pl.lit("P")),
            "name": pl.when(company).then(words.companies(draws, name)).otherwise(_person(draws, name)),
            "address": words.street_addresses(draws, f"{name} address"),
            "city": words.towns(draws, f"{name} town"),
            "state": pl.lit("FL"),
            "zip": words.zip_codes(draws, f"{name} zip"),
        }
        fields |= {f"officer_{position}_{key}": pl.when(count >= position).then(value) for key, value in values.items()}
    return fields


def _person(draws: Draws, name: str) -> pl.Expr:
    last = draws.choice(f"{name} last", words.SURNAMES).str.pad_end(20)
    first = draws.choice(f"{name} first", words.GIVEN).str.pad_end(14)
    return (
        last
        + first
        + draws.choice(f"{name} initial", [" ", " ", "A", "J", "M"])
        + draws.choice(f"{name} suffix", ["", "", "", "JR", "III"])
    )


def _odd(record: bytes, which: int) -> bytes:
    """The record as real daily files have some: bytes beyond ASCII, of one encoding or another, and a tab."""
    name = CORPORATIONS.unpack(record)["name"].rstrip()
    ways: list[dict[str, str]] = [
        {"officer_1_title": "AMBR", "officer_1_type": "P", "officer_1_name": person("MUÑOZAL", "BEATRIX")},
        {"name": f"{name}\udca0"},
        {"principal_address_1": "18 30TH AVE W \t"},
        {"mail_city": "SÃO MARLIN", "mail_country": "BR", "mail_zip": "82590300"},
        {"name": f"{name[:60].rstrip()} THE OWNER\u2019S", "principal_zip": "33021 AAA"},
    ]
    return changed(record, CORPORATIONS, **ways[which % len(ways)])
