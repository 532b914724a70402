"""Which question comes next in the view of the queue that a reviewer works through."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from escalations.models import Escalation
from escalations.queue.filters import QueueFilters

LONGEST = 2000


def view_of(request: HttpRequest) -> str:
    """The view that the page belongs to, as the query string of the queue's page; of the queue's page, itself."""
    match = request.resolver_match
    if match and match.view_name == "escalations:queue":
        return request.GET.urlencode()[:LONGEST]
    given = request.POST if request.method == "POST" else request.GET
    return QueryDict(given.get("view", "")[:LONGEST]).urlencode()  # whatever came, a query string and nothing else


def queue_address(view: str) -> str:
    return reverse("escalations:queue") + (f"?{view}" if view else "")


def page_address(pk: str, view: str) -> str:
    """The page of an escalation, on the way through ``view``."""
    return reverse("escalations:escalation", args=[pk]) + (f"?{urlencode({'view': view})}" if view else "")


def following(person: Any, view: str, done: Escalation) -> str:
    """The id of the question after ``done`` in ``view``, else of the first; empty if none is left.

    What others are at is passed over. The filters and the order are those of the view.
    """
    who = person.get_username()
    filters = QueueFilters(QueryDict(view), who=who)
    rows = Escalation.objects.visible_to(person).open().free_for(who).exclude(pk=done.pk)
    if filters.is_valid():
        rows = rows.filter(filters.lookup())
    order = filters.ordering
    ids = order.sorted(rows).values_list("pk", flat=True)
    return ids.filter(order.after(getattr(done, order.field), done.pk)).first() or ids.first() or ""
