"""The first rows of a release that were set aside when it was processed, with the reasons."""

from dataclasses import dataclass

import polars as pl

from workers import datasets
from workers.contract import InvalidParameters
from workers.warehouse.models import Release

SHOWN = 50
MOST_BYTES = 100_000_000  # what a page may fetch from an object store


@dataclass(frozen=True)
class SetAside:
    """A row that was set aside: its line in the file, why, and its text as the file has it."""

    line: int
    reasons: list[str]
    raw: str


@dataclass(frozen=True)
class Quarantine:
    """Some rows, and where there are none although there should be, why."""

    rows: list[SetAside]
    note: str = ""


def quarantine_of(release: Release) -> Quarantine:
    """What can be shown of the rows that were set aside."""
    if not release.rows_quarantined:
        return Quarantine([])
    if release.quarantine is None:
        return Quarantine([], "They were not kept with the release: it was loaded before that was done.")
    if release.quarantine["bytes"] > MOST_BYTES:
        return Quarantine([], f"They are too many to be shown here: read {release.quarantine['$dataset']}.")
    try:
        with datasets.scan(release.quarantine, "quarantine") as rows:
            return Quarantine([_row(row) for row in rows.head(SHOWN).collect().to_dicts()])
    except (InvalidParameters, pl.exceptions.PolarsError, OSError):
        return Quarantine([], f"Their file cannot be read: {release.quarantine['$dataset']}.")


def _row(row: dict) -> SetAside:
    return SetAside(row["line"], row["reasons"], row["raw"].decode(errors="replace"))
