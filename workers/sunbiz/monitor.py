"""monitor_status: which files were loaded, which days lack one, and which entities changed their status."""

from datetime import date, timedelta
from typing import Annotated, Any

from django.db import connections
from django.utils import timezone
from pydantic import Field

from workers.contract import ActionError, Call, action
from workers.sunbiz.layouts import DATASETS, DatasetName
from workers.sunbiz.listing import list_files
from workers.sunbiz.results import ChangedEntity, Monitored, SeriesSeen, StatusChange
from workers.sunbiz.sources import find_source
from workers.sunbiz.working_days import working_days
from workers.warehouse import ALIAS
from workers.warehouse.files import FeedFile, FileState, Series
from workers.warehouse.reach import reachable

DAYS_TOLD = 100


@action(read_only=True, expected_seconds=10)
def monitor_status(
    call: Call,
    source: Annotated[
        str, Field(description="Whose files to compare with; empty means the default, `none` asks no source.")
    ] = "",
    since: Annotated[date | None, Field(description="Tell of status changes, and of gaps, from this day on.")] = None,
    until: Annotated[date | None, Field(description="… up to this day; by default today.")] = None,
    entities: Annotated[int, Field(ge=0, le=1000, description="How many changed entities to name.")] = 100,
) -> Monitored:
    """Tell how complete and fresh the loaded files are, and which entities changed their status.

    A gap is a working day of the state between the first and the last daily file that has none. A source that cannot
    be listed is told of and does not fail the step.
    """
    today = until or timezone.now().date()
    with reachable():
        available, error = _available(call, source)
        series = [seen for dataset in DATASETS if (seen := _series(dataset, since, today, available))]
        changes = _status_changes(since, today)
        unfinished = FeedFile.objects.filter(state=FileState.LOADING, dataset__in=DATASETS)
        return {
            "label": "status",
            "today": today.isoformat(),
            "source": source,
            "source_listed": not error and source != "none",
            "source_error": error,
            "series": series,
            "gaps": sum(seen["missing_days_count"] for seen in series),
            "files_unfinished": [str(file) for file in unfinished.order_by("pk")[:DAYS_TOLD]],
            "status_changes": changes,
            "status_changes_count": sum(change["entities"] for change in changes),
            "changed_entities": _changed_entities(since, today, entities),
            "name_changes_count": _count_changes("name", since, today),
        }


def _available(call: Call, source: str) -> tuple[set[tuple[str, date]], str]:
    """The daily files that the source has, as kind and day; and why it could not be asked."""
    if source == "none":
        return set(), ""
    try:
        _, files = list_files(call, find_source(source))
    except ActionError as error:
        return set(), str(error)
    return {(file.told.dataset, file.told.day) for file in files if file.told.day}, ""


def _series(
    dataset: DatasetName, since: date | None, today: date, available: set[tuple[str, date]]
) -> SeriesSeen | None:
    files = FeedFile.objects.filter(dataset=dataset, state=FileState.LOADED, as_of__lte=today)
    snapshots = files.filter(series=Series.QUARTERLY).order_by("as_of").values_list("as_of", flat=True)
    days = set(files.filter(series=Series.DAILY).values_list("as_of", flat=True))
    if not snapshots and not days:
        return None
    newest = max([*days, *snapshots])
    missing = _gaps(days, since)
    return {
        "dataset": dataset,
        "files": files.count(),
        "quarterly_as_of": _iso(snapshots.last()),
        "daily_from": _iso(min(days, default=None)),
        "daily_to": _iso(max(days, default=None)),
        "missing_days": [day.isoformat() for day in missing[-DAYS_TOLD:]],
        "missing_days_count": len(missing),
        "at_source": [day.isoformat() for day in missing if (dataset, day) in available][-DAYS_TOLD:],
        "days_behind": sum(1 for _ in working_days(newest + timedelta(days=1), today)),
    }


def _gaps(days: set[date], since: date | None) -> list[date]:
    if not days:
        return []
    first = max(min(days), since) if since else min(days)
    return [day for day in working_days(first, max(days)) if day not in days]


def _status_changes(since: date | None, until: date) -> list[StatusChange]:
    rows = _changes("old, new, count(*)", "status", since, until, "GROUP BY old, new ORDER BY count(*) DESC, old, new")
    return [{"old": old, "new": new, "entities": count} for old, new, count in rows]


def _count_changes(field: str, since: date | None, until: date) -> int:
    return int(_changes("count(*)", field, since, until)[0][0])


def _changed_entities(since: date | None, until: date, most: int) -> list[ChangedEntity]:
    """The latest ones first."""
    rows = _changes(
        "document_number, entity.name, entity.filing_type, changed.old, changed.new, changed.as_of",
        "status",
        since,
        until,
        f"ORDER BY changed.version DESC, changed.line LIMIT {most:d}",
    )
    names = ("document_number", "name", "filing_type", "old", "new")
    return [
        {**dict(zip(names, row[:5], strict=True)), "as_of": _iso(row[5])}  # type: ignore[typeddict-item]
        for row in rows
    ]


def _changes(columns: str, field: str, since: date | None, until: date, rest: str = "") -> list[tuple[Any, ...]]:
    """Of the recorded changes of a field; the texts are this module's own."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM sunbiz_change AS changed LEFT JOIN sunbiz_entity AS entity USING (document_number)"  # noqa: S608
            f" WHERE field = %s AND as_of >= %s AND as_of <= %s {rest}",
            [field, since or date(1, 1, 1), until],
        )
        return cursor.fetchall()


def _iso(day: Any) -> str | None:
    """A day as text: SQLite's are texts already."""
    return day.isoformat() if isinstance(day, date) else day
