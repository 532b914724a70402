"""How far the columns of a release are filled: what the next roll of the same county is held against.

Counties differ so much in this that no threshold fits two of them. The counts are made of the rows as they are
loaded; of a release that was loaded before there were any, they are counted in its table when they are asked for.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from django.db import connections, models

from workers.warehouse import ALIAS, tables
from workers.warehouse.batches import BATCH_ROWS, batches
from workers.warehouse.models import Release, ReleaseState


class ReleaseFill(models.Model):
    """How many rows of a release have something in each column. A release's rows never change, so neither does this."""

    warehouse = True

    release = models.OneToOneField(Release, models.CASCADE, primary_key=True, related_name="fill")
    rows = models.PositiveBigIntegerField()
    filled = models.JSONField(help_text="for each column, how many rows have something in it")

    def __str__(self) -> str:
        return f"{self.release_id}: {self.rows} rows"


@dataclass(frozen=True)
class Baseline:
    """A release to compare with: its name, its rows, and how many of them are filled by column (lower case)."""

    release: str
    rows: int
    filled: Mapping[str, int]


class Seen:
    """Counts the filled cells of rows as they go by, a batch at a time."""

    def __init__(self) -> None:
        self.rows = 0
        self.filled: Counter[str] = Counter()

    def see(self, batch: pl.DataFrame) -> None:
        """Count a batch."""
        self.rows += batch.height
        self.filled.update({name.lower(): batch[name].count() for name in batch.columns})


def record(release: Release, seen: Seen, rows: pl.LazyFrame) -> None:
    """Keep the counts of the rows that were loaded as ``release``; an interrupted load saw only the last of them."""
    if seen.rows != release.rows:
        seen = Seen()
        for batch in batches(rows, BATCH_ROWS):
            seen.see(batch)
    ReleaseFill.objects.update_or_create(release=release, defaults={"rows": seen.rows, "filled": dict(seen.filled)})


def baseline(file_type: str, county_no: int, year: int) -> Baseline | None:
    """The current release of the county's newest year up to ``year``, or None if there is none with rows."""
    current = Release.objects.filter(file_type=file_type, county_no=county_no, state=ReleaseState.LOADED)
    release = current.filter(year__lte=year).order_by("-year").select_related("fill").first()
    if release is None:
        return None
    kept = getattr(release, "fill", None)
    total, filled = (kept.rows, kept.filled) if kept else _counted(release)
    return Baseline(release.release, total, filled) if total else None


def _counted(release: Release) -> tuple[int, dict[str, int]]:
    connection = connections[ALIAS]
    quote = connection.ops.quote_name
    names = [name for name in tables.columns(connection, release.table) if name != "release_id"]
    if not names:
        return 0, {}
    counts = ", ".join(["count(*)", *(f"count({quote(name)})" for name in names)])
    statement = f"SELECT {counts} FROM {quote(release.table)} WHERE release_id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [release.pk])
        total, *filled = cursor.fetchone()
    return total, dict(zip(names, filled, strict=True))
