"""Which release of a county's file of a year is current, and how many rows a release has."""

from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from workers.warehouse import ALIAS
from workers.warehouse.models import Release, ReleaseState


def settle(release: Release) -> list[str]:
    """Make the newest release of its county and year current, now that ``release`` has all its rows.

    The later stage and submission is the newer; of two files issued under one name, the one that came later. Of one
    file that was processed twice, the processing asked for now. Returns the releases that stopped being current.
    """
    with transaction.atomic(using=ALIAS):
        complete = [*_others(release).exclude(state=ReleaseState.STAGED).order_by("pk"), release]
        seen = _first_seen(complete)
        newest = max(complete, key=lambda one: (*one.age, seen[one.release], one == release, _is_current(one)))
        outdated = [one for one in complete if _is_current(one) and one != newest]
        Release.objects.filter(pk__in=[one.pk for one in outdated]).update(state=ReleaseState.SUPERSEDED)
        release.state = ReleaseState.LOADED if newest == release else ReleaseState.SUPERSEDED
        release.loaded_at = release.loaded_at or timezone.now()
        release.save()
    return [one.release for one in outdated]


def count(release: Release) -> int:
    """How many rows of the release its table holds, counted there."""
    connection = connections[ALIAS]
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(release.table)
        cursor.execute(f"SELECT count(*) FROM {table} WHERE release_id = %s", [release.pk])  # noqa: S608
        return int(cursor.fetchone()[0])


def rows_loaded(release: str, dataset_sha256: str) -> int:
    """How many rows the warehouse holds of a release that was processed to the dataset with this digest."""
    found = Release.objects.filter(release=release, dataset_sha256=dataset_sha256).first()
    return count(found) if found else 0


def latest(file_type: str, county_no: int) -> Release | None:
    """The county's current release of its newest year, or None if there is none."""
    current = Release.objects.filter(file_type=file_type, county_no=county_no, state=ReleaseState.LOADED)
    return current.order_by("-year").first()


def _others(release: Release) -> QuerySet[Release]:
    roll = {name: getattr(release, name) for name in ("file_type", "county_no", "year")}
    return Release.objects.filter(**roll).exclude(pk=release.pk)


def _is_current(release: Release) -> bool:
    return release.state == ReleaseState.LOADED


def _first_seen(releases: list[Release]) -> dict[str, int]:
    """When each source file was first staged, as the number that it got then."""
    return {one.release: one.pk for one in sorted(releases, key=lambda one: one.pk, reverse=True)}
