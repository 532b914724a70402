"""Whether the sales and the parcels of a county that are loaded fit together."""

from dataclasses import dataclass

from django.db import connections

from workers.warehouse import ALIAS
from workers.warehouse.models import Release, ReleaseState

SHOWN = 5


@dataclass(frozen=True)
class Fit:
    """A county's sales against its parcels: of how many sales the parcel is not there, and the first such parcels.

    ``complete``: no row of the parcels was set aside, so that each parcel should be there.
    """

    parcels: str
    unknown: int
    examples: list[str]
    complete: bool


def fit(release: Release) -> Fit | None:
    """How the current sales and parcels of the release's county and year fit; None unless it is one of the two, the
    other is loaded too, and both are of one submission."""
    roll = {"county_no": release.county_no, "year": release.year, "state": ReleaseState.LOADED}
    current = {one.file_type: one for one in Release.objects.filter(**roll, file_type__in=("NAL", "SDF"))}
    if release not in current.values() or len(current) < 2:
        return None
    parcels, sales = current["NAL"], current["SDF"]
    if _submission(parcels) != _submission(sales):
        return None
    unknown, examples = _unknown(sales, parcels)
    return Fit(parcels.release, unknown, examples, complete=not parcels.rows_quarantined)


def _submission(release: Release) -> str | None:
    quote = connections[ALIAS].ops.quote_name
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT rs_id FROM {quote(release.table)} WHERE release_id = %s LIMIT 1", [release.pk])  # noqa: S608
        row = cursor.fetchone()
    return row[0] if row else None


def _unknown(sales: Release, parcels: Release) -> tuple[int, list[str]]:
    quote = connections[ALIAS].ops.quote_name
    lost = (
        f"FROM {quote(sales.table)} AS sale WHERE sale.release_id = %s AND NOT EXISTS"  # noqa: S608
        f" (SELECT 1 FROM {quote(parcels.table)} AS parcel"
        " WHERE parcel.release_id = %s AND parcel.parcel_id = sale.parcel_id)"
    )
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT count(*) {lost}", [sales.pk, parcels.pk])
        count = int(cursor.fetchone()[0])
        if not count:
            return 0, []
        first = f"SELECT DISTINCT sale.parcel_id {lost} ORDER BY sale.parcel_id LIMIT {SHOWN}"
        cursor.execute(first, [sales.pk, parcels.pk])
        return count, [parcel for (parcel,) in cursor.fetchall()]
