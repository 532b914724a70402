"""One parcel or account: its values in groups, what it was in each release, its sales, and accounts that go with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

from operations.data import codes, meanings
from operations.data.reading import Row, fetched, key_of, limited, newest, rows_with
from operations.data.search import spellings
from operations.data.words import Labels
from workers.florida_data.tables import TABLES
from workers.roll_columns import NAL_2026_FINAL, NAP, SDF, Kind
from workers.warehouse import ALIAS
from workers.warehouse.models import Release, ReleaseState
from workers.warehouse.tables import folded

KINDS = {column.name.lower(): column.kind for column in (*NAL_2026_FINAL, *NAP, *SDF)}
COUNTED = (Kind.MONEY, Kind.SIGNED, Kind.INTEGER, Kind.DECIMAL)
# These differ from release to release and say nothing of the parcel.
OF_THE_FILE = frozenset({"release_id", "seq_no", "rs_id", "ts_id"})
HELD = (ReleaseState.LOADED, ReleaseState.SUPERSEDED, ReleaseState.WITHDRAWN)
RELEASES, SALES, ACCOUNTS = 40, 100, 20


@dataclass(frozen=True)
class Value:
    """A value for the page. ``was`` is what the release before had, where that differs; None where it does not."""

    name: str
    label: str
    shown: str
    meaning: str
    was: str | None = None


@dataclass(frozen=True)
class Past:
    """A release that the warehouse holds, whether the parcel is in it, and what differs from the release before."""

    release: Release
    row: Row | None
    changes: list[Value]
    hidden: int  # changes of personal values, which this reader may not see


@dataclass(frozen=True)
class Parcel:
    """All that is known of one id. ``chosen`` is None where the wanted release does not have it."""

    id: str
    kind: str
    chosen: Past | None
    groups: list[tuple[str, list[Value]]]
    past: list[Past]
    sales: list[Row] = field(default_factory=list)
    accounts: list[Row] = field(default_factory=list)


class Unknown(LookupError):
    """No release of the county has this id."""


def look_up(
    kind: str, county_no: int, identity: str, *, year: int | None = None, release: int | None = None, personal: bool
) -> Parcel:
    """The parcel (``kind`` NAL) or account (NAP) in the current release of ``year`` (default: the newest), or in
    ``release``. Raises `Unknown` and `TookTooLong`."""
    with limited():
        held = _held(kind, county_no)
        found = rows_with(kind, held, [identity, *spellings(identity)])
        sales = _sales(county_no, identity) if kind == "NAL" else []
        if not (found or sales):
            raise Unknown(f"no release of the county has {identity!r}")
        key = key_of(TABLES[kind])  # type: ignore[index]
        name = _name([row[key] for row in found], identity) if found else sales[0]["parcel_id"]
        past = _past(held, {row["release_id"]: row for row in found if row[key] == name}, personal=personal)
        chosen = _chosen(past, year, release)
        accounts = _accounts(county_no, name, chosen) if kind == "NAL" else []
    return Parcel(name, kind, chosen, _groups(chosen, past, personal=personal), past, sales, accounts)


def _held(kind: str, county_no: int) -> list[Release]:
    """The county's releases, the newest first."""
    releases = Release.objects.filter(file_type=kind, county_no=county_no, state__in=HELD)
    return sorted(releases, key=lambda one: (one.year, one.age, one.pk), reverse=True)[:RELEASES]


def _name(names: list[str], identity: str) -> str:
    """The id as the roll has it: exactly as asked for if there is one."""
    return identity if identity in names else names[0]


def _past(held: list[Release], rows: Mapping[int, Row], *, personal: bool) -> list[Past]:
    past = []
    for place, release in enumerate(held):
        row = rows.get(release.pk)
        old = next((rows.get(before.pk) for before in held[place + 1 : place + 2]), None)
        changed = _changed(row, old) if row and old else []
        open_ones = [name for name in changed if personal or name not in meanings.PERSONAL]
        changes = [_value(name, row or {}, old) for name in open_ones]
        past.append(Past(release, row, changes, len(changed) - len(open_ones)))
    return past


def _changed(row: Row, old: Row) -> list[str]:
    return [name for name in row if name not in OF_THE_FILE and row[name] != old[name]]


def _chosen(past: list[Past], year: int | None, release: int | None) -> Past | None:
    if release is not None:
        return next((one for one in past if one.release.pk == release), None)
    current = [one for one in past if one.release.state == ReleaseState.LOADED and year in (None, one.release.year)]
    return current[0] if current else None


def _groups(chosen: Past | None, past: list[Past], *, personal: bool) -> list[tuple[str, list[Value]]]:
    if chosen is None or chosen.row is None:
        return []
    before = past[past.index(chosen) + 1].row if past.index(chosen) + 1 < len(past) else None
    return [
        (group, values)
        for group, labels in meanings.GROUPS.items()
        if personal or group != meanings.OWNER
        if (values := _values(labels, chosen.row, before))
    ]


def _values(labels: Labels, row: Row, before: Row | None) -> list[Value]:
    """The values that there are, and those that there were."""
    return [
        _value(name, row, before)
        for name in labels
        if name in row and (not _blank(row[name]) or (before and not _blank(before[name])))
    ]


def _blank(value: Any) -> bool:
    return value is None or value == ""


def _value(name: str, row: Row, before: Row | None) -> Value:
    differs = before is not None and name not in OF_THE_FILE and row[name] != before[name]
    was = shown(name, before[name]) if before is not None and differs else None
    return Value(name, LABELS.get(name, name.upper()), shown(name, row[name]), codes.meaning(name, row[name]), was)


def shown(name: str, value: Any) -> str:
    """A value as people read it: amounts with their thousands, "blank" for nothing."""
    if _blank(value):
        return "blank"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}" if KINDS.get(name) in COUNTED and not isinstance(value, str) else str(value)


def _sales(county_no: int, identity: str) -> list[Row]:
    """The parcel's sales in the current sale files of all years, each once, the newest first."""
    current = Release.objects.filter(file_type="SDF", county_no=county_no, state=ReleaseState.LOADED)
    years = {release.pk: release.year for release in current.order_by("year")}
    rows = rows_with("SDF", current, [identity, *spellings(identity)])
    named = _name([row["parcel_id"] for row in rows], identity) if rows else identity
    mine = [row for row in rows if row["parcel_id"] == named]
    once = {row["sale_id_cd"]: row for row in sorted(mine, key=lambda row: years[row["release_id"]])}
    for row in once.values():
        row["qualification"] = codes.meaning("qual_cd", row["qual_cd"])
        row["sold_as"] = codes.meaning("vi_cd", row["vi_cd"])
        row["several"] = codes.meaning("multi_par_sal", row["multi_par_sal"])
    return sorted(once.values(), key=lambda row: (row["sale_yr"] or 0, row["sale_mo"] or ""), reverse=True)[:SALES]


def _accounts(county_no: int, identity: str, chosen: Past | None) -> list[Row]:
    """Accounts that may go with the parcel: those with its id, and those at its site address."""
    releases = newest("NAP", county_no)
    found = {row["acct_id"]: row | {"why": "the same id"} for row in rows_with("NAP", releases, [identity])}
    address = (chosen.row or {}).get("phy_addr1") if chosen else None
    if address and releases:
        at = f"{folded(connections[ALIAS], 'phy_addr')} = %s"
        for row in fetched(
            f"SELECT * FROM nap WHERE release_id = {releases[0].pk} AND {at} LIMIT {ACCOUNTS}",  # noqa: S608
            [address.strip().upper()],
        ):
            found.setdefault(row["acct_id"], row | {"why": "the same site address"})
    return list(found.values())[:ACCOUNTS]


LABELS = {name: label for labels in meanings.GROUPS.values() for name, label in labels.items()}
