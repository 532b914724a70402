"""The page of the queue, and what of it changes while it is open."""

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from escalations.models import Escalation, EscalationQuerySet, SavedView
from escalations.queue.filters import QueueFilters
from escalations.queue.listing import AT_ONCE, extent, groups_of, page_of, states_of
from escalations.queue.ordering import ORDERS, SIZE
from operations.access import ConsoleRequest, page
from operations.live import ESCALATIONS
from operations.models import is_reviewer
from operations.paging import BadCursor, Page
from operations.sequences import sequences


@page
def queue(request: ConsoleRequest) -> HttpResponse:
    """What waits for a person, as the address narrows and orders it."""
    return show(request, request.GET)


@page
def news(request: ConsoleRequest) -> HttpResponse:
    """How many came to this view since the moment ``since``, and what became of the rows with the ids ``shown``."""
    [sequence] = sequences(ESCALATIONS)
    filters = QueueFilters(request.GET, who=request.user.get_username())
    since = _moment(request.GET.get("since", ""))
    if not filters.is_valid() or since is None:
        raise Http404("There is no such view of the queue.")
    rows = Escalation.objects.visible_to(request.user)
    shown = request.GET.get("shown", "").split(",")[:SIZE]
    context = {
        "filters": filters,
        "address": filters.address(),
        "sequence": sequence,
        "fresh": rows.open().filter(filters.lookup(), created_at__gt=since).count(),
        "states": states_of(rows, [pk for pk in shown if pk and "\0" not in pk]),
        "news": request.GET.urlencode(),
        "was_empty": "empty" in request.GET,
    }
    return render(request, "console/queue/news.html", context)


def show(request: ConsoleRequest, query: QueryDict, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page for the view that ``query`` describes; for htmx its list alone. ``more`` goes to the template."""
    [sequence] = sequences(ESCALATIONS)
    who = request.user.get_username()
    filters = QueueFilters(query, who=who)
    context: dict[str, Any] = {
        "filters": filters,
        "orders": _orders(filters),
        "sequence": sequence,
        "address": filters.address(),
    }
    context["within"] = f"?{urlencode({'view': context['address']})}" if context["address"] else ""
    if filters.is_valid():
        context |= _list(Escalation.objects.visible_to(request.user).open(), filters, query.get("after", ""))
    else:
        status = 422
    context |= {
        "views": _views(who, context["address"]),
        "may_act": is_reviewer(request.user),
        "kinds": AT_ONCE,
        "batch": uuid.uuid4().hex,
        "who": who,
    }
    template = "console/queue.html" + ("#live" if request.htmx and status == 200 else "")
    return render(request, template, context | more, status=status)


def _list(rows: EscalationQuerySet, filters: QueueFilters, cursor: str) -> dict[str, Any]:
    matching = rows.filter(filters.lookup())
    grouped = filters.cleaned_data["group"] == "cause"
    count, newest = extent(matching)
    try:
        found = groups_of(matching, cursor) if grouped else page_of(matching, filters.ordering, cursor)
    except BadCursor as error:
        raise Http404(str(error)) from error
    return {
        "page": found,
        "grouped": grouped,
        "count": count,
        "until": timezone.now().isoformat(),
        "chips": filters.chips(),
        "by_cause": filters.address({"group": "cause", "cause": "", "order": ""}),
        "ungrouped": filters.address({"group": ""}),
        "fresh": 0,
        "more": _after(filters.address(), found.next),
        "start": _after(filters.address(), "") if cursor else "",
        "news": _news(filters.address(), newest, [] if grouped else _ids(found)),
    }


def _orders(filters: QueueFilters) -> list[tuple[str, str, bool]]:
    """Each order's words, its address, and whether it is the one in use."""
    chosen = filters.data.get("order", "") or "urgent"
    return [(order.label, filters.address({"order": name}), name == chosen) for name, order in ORDERS.items()]


def _views(who: str, address: str) -> list[dict[str, Any]]:
    """The views that are kept, and whether each is the one that is shown."""
    found = SavedView.objects.of(who)
    return [{"view": view, "mine": view.owner == who, "current": view.query == address} for view in found]


def _ids(found: Page) -> list[str]:
    return [shown.escalation.pk for shown in found.rows]


def _after(address: str, cursor: str) -> str:
    return "&".join(part for part in (address, urlencode({"after": cursor}) if cursor else "") if part)


def _news(address: str, newest: datetime | None, ids: list[str]) -> str:
    """What the page asks for when something changed: what came after ``newest``, and how ``ids`` are now."""
    more = {"since": (newest or timezone.now()).isoformat(), "shown": ",".join(ids)}
    if newest is None:
        more["empty"] = "1"
    return "&".join(part for part in (address, urlencode(more)) if part)


def _moment(text: str) -> datetime | None:
    """The moment that a page wrote; None for any other text."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
