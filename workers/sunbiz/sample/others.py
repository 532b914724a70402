"""The events and the fictitious names of a sample, which refer to its entities."""

import polars as pl

from workers.sample import words
from workers.sample.draws import Draws
from workers.sunbiz.layouts import EVENTS, FICTITIOUS
from workers.sunbiz.sample.entities import Snapshot, name_of, number_of, numbered
from workers.sunbiz.sample.packing import changed, pack

_CODES = {
    "CORAPNC": ("NAME CHANGE AMENDMENT", 20),
    "CORAMINVOL": ("ADMIN DISSOLUTION FOR ANNUAL REPORT", 60),
    "CORAPSHEX": ("SHARE EXCHANGE", 5),
    "CORAPMNEW": ("MERGER", 15),
}
COUNTIES = ["MIAMI-DADE", "BROWARD", "DUVAL", "ORANGE", "LEE"]
SPLIT_EVERY, BROKEN_EVERY = 61, 41  # one record in so many is on two lines, or has bytes of another encoding


def make_events(numbers: list[int], snapshot: Snapshot) -> list[bytes]:
    """An event of each of the entities with these numbers; that of a change of name bears the name before it."""
    draws = Draws(snapshot.seed, "entities")
    later = Draws(snapshot.seed, "events", snapshot.day)
    day = pl.lit(snapshot.day.strftime("%m%d%Y"))
    renamed = Draws(snapshot.seed, "entities", snapshot.day).chance("renamed", 0.2) if snapshot.daily else False
    chosen = later.choice("code", list(_CODES), [share for _, share in _CODES.values()])
    code = pl.when(renamed).then(pl.lit("CORAPNC")).otherwise(chosen)
    fields = {
        "document_number": number_of(draws),
        "sequence": pl.lit("00002" if snapshot.daily else "00001"),
        "code": pl.col("code"),
        "description": pl.col("code").replace_strict({code: words for code, (words, _) in _CODES.items()}),
        "effective_date": pl.when(later.chance("effective", 0.5)).then(day),
        "filed_date": day,
        "name": pl.when(pl.lit(snapshot.daily)).then(name_of(draws)).otherwise(name_of(later)),
        "name_changed": pl.when(pl.col("code") == "CORAPNC").then(pl.lit("Y")),
        "principal_address_1": words.street_addresses(later, "address"),
        "principal_city": words.towns(draws, "town"),
        "principal_state": pl.lit("FL"),
        "principal_zip": words.zip_codes(draws, "zip"),
    }
    frame = numbered(numbers).with_columns(code.alias("code"))
    return pack(frame, fields, EVENTS)


def make_fictitious(numbers: list[int], snapshot: Snapshot, entities: int) -> list[bytes]:
    """Fictitious names, most of them owned by entities; some records broken as in the real file."""
    draws = Draws(snapshot.seed, "fictitious")
    company = draws.chance("owner company", 0.8)
    owner = (draws.uniform("owner") * entities).floor().cast(pl.UInt64)
    filed = draws.whole("filed", 2019, 2025)
    frame = numbered(numbers).with_columns(owner.alias("owner"), filed.alias("filed"), pl.col("row").alias("number"))
    frame = frame.with_columns(pl.col("owner").alias("row"))
    entity = Draws(snapshot.seed, "entities")
    frame = frame.with_columns(name_of(entity).alias("owner_name"), number_of(entity).alias("charter"))
    frame = frame.with_columns(pl.col("number").alias("row"))
    serial = pl.col("number").cast(pl.String).str.zfill(9)
    street = words.street_addresses(draws, "street")
    fields = {
        "document_number": pl.lit("G") + pl.col("filed").cast(pl.String).str.slice(2) + serial,
        "name": draws.choice("first", words.VENTURES) + " " + draws.choice("trade", words.TRADES),
        "county": draws.choice("county", COUNTIES),
        "address_1": street,
        "city": words.towns(draws, "town"),
        "state": pl.lit("FL"),
        "zip": words.zip_codes(draws, "zip"),
        "file_date": pl.lit("0311") + pl.col("filed").cast(pl.String),
        "pages": pl.lit("00001"),
        "status": draws.choice("status", ["A", "E", "C"], [60, 35, 5]),
        "expiration_date": pl.lit("1231") + (pl.col("filed") + 5).cast(pl.String),
        "owner_count": pl.lit("00001"),
        "more_owners": pl.lit("N"),
        "owner_1_name": pl.when(company).then(pl.col("owner_name")).otherwise(words.persons(draws, "owner")),
        "owner_1_type": pl.when(company).then(pl.lit("C")).otherwise(pl.lit("P")),
        "owner_1_address": street,
        "owner_1_city": words.towns(draws, "town"),
        "owner_1_state": pl.lit("FL"),
        "owner_1_charter_number": pl.when(company).then(pl.col("charter")),
    }
    records = pack(frame, fields, FICTITIOUS)
    return [_broken(record, number) for number, record in enumerate(records)]


def _broken(record: bytes, number: int) -> bytes:
    if number % BROKEN_EVERY == BROKEN_EVERY - 1:
        name = FICTITIOUS.unpack(record)["name"].rstrip()
        return changed(record, FICTITIOUS, name=f"{name[:30]}\udc92S CAF\udcc9")  # Windows-1252
    if number % SPLIT_EVERY == SPLIT_EVERY - 1:
        return record[:250] + b"\r\n" + record[250:]
    return record
