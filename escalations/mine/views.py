"""What the console shows somebody about himself: his notices, and what he decided at what pace."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from escalations.known import know_questions
from escalations.mine import history
from escalations.models import Kind, Notice
from escalations.talk import notices
from operations import rights
from operations.access import ConsoleRequest, act_of, page
from operations.live import ESCALATIONS
from operations.paging import page as page_of
from operations.sequences import sequences

LARGE = ["escalation__findings", "escalation__steps"]
LARGE += [f"escalation__operation__{name}" for name in ("parameters", "metadata", "plan", "result", "confidence")]


@page
def inbox(request: ConsoleRequest) -> HttpResponse:
    """The notices of who asks, newest first."""
    [sequence] = sequences(ESCALATIONS)
    me = request.user.get_username()
    rows = Notice.objects.filter(person=me).select_related("escalation__operation")
    try:
        found = page_of(rows.defer(*LARGE), request.GET.get("after", ""), newest_first=True)
    except ValueError as error:  # a cursor that no page gave out
        raise Http404("There is no such place in this list.") from error
    know_questions(row.escalation_id for row in found.rows if row.text)
    context = {"page": found, "unread": notices.unread(me), "sequence": sequence}
    return render(request, "console/notices.html" + ("#live" if request.htmx else ""), context)


@act_of(rights.USE)
def read_all(request: ConsoleRequest) -> HttpResponse:
    """Mark all notices of who asks as read."""
    number = notices.read(request.user.get_username())
    messages.success(request, f"{number} marked as read.")
    return redirect("mine:notices")


@page
def mine(request: ConsoleRequest) -> HttpResponse:
    """The decisions of who asks, newest first, with what became of them; ``kind`` and ``day`` narrow them."""
    me, kind, day = request.user.get_username(), request.GET.get("kind", ""), request.GET.get("day", "")
    if kind not in ("", *Kind):
        raise Http404("There is no such decision.")
    try:
        rows = history.decisions(me, kind, date.fromisoformat(day) if day else None)
        found = page_of(rows, request.GET.get("after", ""), newest_first=True)
    except (ValueError, OverflowError) as error:  # neither a day nor a place in this list
        raise Http404("There is no such day or place in this list.") from error
    know_questions(row.escalation_id for row in found.rows if row.reason)
    context = {"page": found, "pace": history.pace(me), "kind": kind, "day": day, "kinds": Kind.choices}
    return render(request, "console/mine.html", context)
