"""The console's page of the audit trail, and its export."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, time, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date

from operations import rights
from operations.access import ConsoleRequest, page_of
from operations.audit import chain, exporting, names
from operations.audit.models import Entry
from operations.audit.recording import record
from operations.trail.choosing import FILTERS, chosen

SIZE = 50
DAYS = ("since", "until")
MOST = 128  # characters of a filter


@page_of(rights.AUDIT)
def audit(request: ConsoleRequest) -> HttpResponse:
    """The entries that the query asks for, newest first; ``after`` is the id of the last one that was shown."""
    asked = _asked(request)
    after = request.GET.get("after", "")
    if after and not (after.isdecimal() and len(after) < 19):
        raise Http404("There is no such place in the list.")
    rows = _rows(asked).order_by("-id")
    found = list((rows.filter(id__lt=int(after)) if after else rows)[: SIZE + 1])
    names.label(found)
    for entry in found:
        entry.changes = _changes(entry)  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "entries": found[:SIZE],
        "page": {"next": found[SIZE - 1].pk if len(found) > SIZE else ""},
        "asked": asked,
        "is_narrowed": any(asked.values()),
        "actions": Entry.objects.order_by("action").values_list("action", flat=True).distinct(),
        "head": chain.head(),
    }
    return render(request, "console/audit.html", context)


@page_of(rights.AUDIT)
def export(request: ConsoleRequest) -> StreamingHttpResponse:
    """The same entries as a file, oldest first. That somebody took it is an entry too."""
    asked, form = _asked(request), request.GET.get("format", "csv")
    if form not in exporting.FORMATS:
        raise Http404("There is no such format.")
    record("audit.export", after={name: value for name, value in asked.items() if value} | {"format": form})
    lines = exporting.lines(_rows(asked), form)
    response = StreamingHttpResponse(_sent(lines), content_type=exporting.FORMATS[form])
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.now():%Y%m%d-%H%M%S}.{form}"'
    return response


def _changes(entry: Entry) -> list[tuple[str, Any, Any]]:
    """Each field with what it was and what it is; None where there was, or is, none."""
    before, after = entry.before or {}, entry.after or {}
    return [(name, _words(before.get(name)), _words(after.get(name))) for name in dict.fromkeys((*before, *after))]


def _words(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return ", ".join(map(str, value)) if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


async def _sent(lines: Iterator[str]) -> AsyncIterator[str]:
    """A batch of lines at a time, each read in the request's own thread."""
    while line := await sync_to_async(lambda: next(lines, ""))():
        yield line


def _asked(request: ConsoleRequest) -> dict[str, str]:
    asked = {name: request.GET.get(name, "").strip()[:MOST] for name in (*FILTERS, *DAYS)}
    for name in DAYS:
        if asked[name]:
            _day(asked[name])
    if any("\0" in value for value in asked.values()):
        raise Http404("There is nothing of this name.")
    return asked


def _rows(asked: dict[str, str]) -> QuerySet[Entry]:
    since, until = (_day(asked[name]) if asked[name] else None for name in DAYS)
    return chosen(asked, since, until + timedelta(days=1) if until else None)


def _day(text: str) -> datetime:
    """The beginning of a day (UTC)."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 1900 < day.year < 3000:
        raise Http404(f"There is no day {text!r}.")
    return datetime.combine(day, time.min, timezone.get_current_timezone())
