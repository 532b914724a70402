"""Which release of a county's file of a year is current, how many rows a release has, and withdrawing one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from workers.contract import ActionError, Call
from workers.warehouse import ALIAS
from workers.warehouse.models import Release, ReleaseAct, ReleaseState
from workers.warehouse.turns import turn

PATIENCE = 5  # seconds that a person waits for the turn
OUT_OF_SIGHT = (ReleaseState.STAGED, ReleaseState.WITHDRAWN)


class Withdrawn(ActionError):
    """A person withdrew this release: it comes back when a person puts it back, and not by being loaded again."""


class NotSo(Exception):
    """The release is not, or no longer, in the state that this needs. The text says in which it is."""


def settle(release: Release) -> list[str]:
    """Make the newest release of its county and year current, now that ``release`` has all its rows.

    The later stage and submission is the newer; of two files issued under one name, the one that came later. Of one
    file that was processed twice, the processing asked for now. Returns the releases that stopped being current.
    """
    with transaction.atomic(using=ALIAS):
        complete = [*_complete(release), release]
        newest = _newest(complete, asked=release)
        outdated = [one for one in complete if _is_current(one) and one != newest]
        Release.objects.filter(pk__in=[one.pk for one in outdated]).update(state=ReleaseState.SUPERSEDED)
        release.state = ReleaseState.LOADED if newest == release else ReleaseState.SUPERSEDED
        release.loaded_at = release.loaded_at or timezone.now()
        release.save()
    return [one.release for one in outdated]


def check_not_withdrawn(release: str) -> None:
    """Raise `Withdrawn`, with who, when and why, if a person withdrew this source file, however it was processed."""
    held = Release.objects.filter(release=release, state=ReleaseState.WITHDRAWN)
    act = ReleaseAct.objects.filter(release__in=held, kind=ReleaseAct.Kind.WITHDRAWN).first()
    if act:
        raise Withdrawn(
            f"{release}: {act.who} withdrew it on {act.created_at:%Y-%m-%d} ({act.reason}); it was not loaded. "
            "Put it back on its page of the console if it should be."
        )


def withdraw(release: Release, *, who: str, reason: str) -> Release | None:
    """Take the current ``release`` out of the readers' sight, its rows kept; returns what is current instead, if any.

    That is the newest of the other releases of the roll that are complete and not withdrawn. Raises `NotSo` if
    the release is not current any more, and `turns.Taken` while the roll is being loaded.
    """
    with _turn(release):
        _move(release, ReleaseState.LOADED, ReleaseState.WITHDRAWN)
        before = _newest(list(_complete(release)))
        if before:
            _move(before, ReleaseState.SUPERSEDED, ReleaseState.LOADED)
        _record(release, ReleaseAct.Kind.WITHDRAWN, who, reason, before)
    return before


def restore(release: Release, *, who: str, reason: str) -> Release:
    """Put the withdrawn ``release`` back among the others; returns what is current now: it, unless a newer one is.

    Raises `NotSo` if it is not withdrawn any more, and `turns.Taken` while the roll is being loaded.
    """
    with _turn(release):
        _move(release, ReleaseState.WITHDRAWN, ReleaseState.SUPERSEDED)
        settle(release)
        current = Release.objects.get(**_roll_of(release), state=ReleaseState.LOADED)
        _record(release, ReleaseAct.Kind.RESTORED, who, reason, current)
    return current


def next_in_line(release: Release) -> Release | None:
    """The release that would be current if this one were withdrawn, or None."""
    return _newest(list(_complete(release)))


def count(release: Release) -> int:
    """How many rows of the release its table holds, counted there."""
    connection = connections[ALIAS]
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(release.table)
        cursor.execute(f"SELECT count(*) FROM {table} WHERE release_id = %s", [release.pk])  # noqa: S608
        return int(cursor.fetchone()[0])


def latest(file_type: str, county_no: int, until: int | None = None) -> Release | None:
    """The county's current release of its newest year, or of the newest ``until`` a year; None if there is none."""
    current = Release.objects.filter(file_type=file_type, county_no=county_no, state=ReleaseState.LOADED)
    if until:
        current = current.filter(year__lte=until)
    return current.order_by("-year").first()


def _roll_of(release: Release) -> dict[str, str | int]:
    return {name: getattr(release, name) for name in ("file_type", "county_no", "year")}


def _complete(release: Release) -> QuerySet[Release]:
    """The other releases of the roll that have all their rows and that nobody withdrew."""
    others = Release.objects.filter(**_roll_of(release)).exclude(pk=release.pk)
    return others.exclude(state__in=OUT_OF_SIGHT).order_by("pk")


def _newest(complete: list[Release], asked: Release | None = None) -> Release | None:
    seen = _first_seen(complete)
    order = {one: (*one.age, seen[one.release], one == asked, _is_current(one), one.pk) for one in complete}
    return max(complete, key=order.__getitem__, default=None)


@contextmanager
def _turn(release: Release) -> Iterator[None]:
    with turn(Call(), release.roll, within=PATIENCE), transaction.atomic(using=ALIAS):
        yield


def _move(release: Release, old: ReleaseState, new: ReleaseState) -> None:
    """Change the state if it still is ``old``; else raise `NotSo`."""
    if not Release.objects.filter(pk=release.pk, state=old).update(state=new):
        now = Release.objects.get(pk=release.pk).state
        raise NotSo(f"{release.release} is not {old} any more: it is {now}.")
    release.state = new


def _record(release: Release, kind: ReleaseAct.Kind, who: str, reason: str, current: Release | None) -> None:
    name = current.release if current else ""
    ReleaseAct.objects.create(release=release, kind=kind, who=who, reason=reason, current=name)


def _is_current(release: Release) -> bool:
    return release.state == ReleaseState.LOADED


def _first_seen(releases: list[Release]) -> dict[str, int]:
    """When each source file was first staged, as the number that it got then."""
    return {one.release: one.pk for one in sorted(releases, key=lambda one: one.pk, reverse=True)}
