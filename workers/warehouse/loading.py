"""Loading a release: each row once, all rows visible together, and the right release current afterwards."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl
from django.db import connections

from workers.contract import ActionError, Call, InvalidParameters
from workers.warehouse import ALIAS, fills, postgresql, sqlite, tables
from workers.warehouse.models import Release, ReleaseState, roll
from workers.warehouse.releases import check_not_withdrawn, settle
from workers.warehouse.turns import turn

FILL = {"postgresql": postgresql.fill, "sqlite": sqlite.fill}


@dataclass(frozen=True)
class Source:
    """A release to load: what it is, the digest of its processed rows, and how many of them there are."""

    release: str
    file_type: str
    county_no: int
    year: int
    stage: str
    submission: int
    dataset_sha256: str
    rows: int
    rows_quarantined: int = 0
    quarantine: Mapping[str, Any] | None = None  # the dataset of the rows that were set aside
    quarantine_reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def roll(self) -> str:
        """What this is a release of: a county's file of a year."""
        return roll(self.file_type, self.county_no, self.year)


@dataclass(frozen=True)
class Loaded:
    """What a load did: the release, whether its rows were there before, and whom it superseded."""

    release: Release
    already_loaded: bool
    superseded: list[str]


def load(call: Call, table: str, source: Source, rows: pl.LazyFrame) -> Loaded:
    """Load ``rows`` as the release ``source`` into ``table``, and make it current unless a newer one is.

    A second time changes nothing. Raises `InvalidParameters` if the table lacks one of the columns, `ActionError` if
    fewer rows arrived than there are, `Withdrawn` if a person withdrew the release, and the database's errors.
    """
    _check_columns(table, rows)
    stored = Release.objects.filter(release=source.release, dataset_sha256=source.dataset_sha256)
    if release := stored.filter(state=ReleaseState.LOADED).first():
        return Loaded(release, already_loaded=True, superseded=[])
    with turn(call, source.roll):
        check_not_withdrawn(source.release)
        release = stored.first() or _staged(table, source)
        already_loaded = release.state != ReleaseState.STAGED
        if not already_loaded:
            _fill(call, release, rows, source.rows)
        return Loaded(release, already_loaded, settle(release))


def _check_columns(table: str, rows: pl.LazyFrame) -> None:
    present = tables.columns(connections[ALIAS], table)
    if not present:
        raise InvalidParameters(f"the warehouse has no table {table!r}: run `manage.py migrate --database warehouse`")
    if unknown := [name for name in rows.collect_schema().names() if name.lower() not in present]:
        raise InvalidParameters(
            f"the table {table!r} has no column for {', '.join(unknown)}: add it to the table by a migration",
            field="dataset",
        )


def _staged(table: str, source: Source) -> Release:
    fields = asdict(source)
    fields.pop("rows")
    return Release.objects.create(table=table, **fields)


def _fill(call: Call, release: Release, rows: pl.LazyFrame, total: int) -> None:
    seen = fills.Seen()
    done = FILL[connections[ALIAS].vendor](call, release, rows, total, seen)
    if done != total:
        raise ActionError(f"{release.release}: {done} rows arrived in {release.table!r} where there are {total}")
    release.rows = done
    fills.record(release, seen, rows)
