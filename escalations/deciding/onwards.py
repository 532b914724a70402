"""Going on to the next question of the view, with the decision's own answer where scripts run."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect, push_url
from django_htmx.middleware import HtmxDetails

from escalations.deciding.following import following, page_address, queue_address, view_of
from escalations.models import Escalation
from escalations.views import get, show
from operations.access import ConsoleRequest


def onwards(request: ConsoleRequest, done: Escalation) -> HttpResponse:
    """To the question after ``done`` in the view; where none is left, to the queue.

    Who has scripts gets the next page as the answer: one round trip. Call `whole_page` before.
    """
    view = view_of(request)
    pk = following(request.user, view, done)
    address = page_address(pk, view) if pk else queue_address(view)
    if "HX-Request" not in request.headers:
        return redirect(address)
    if not pk:
        return HttpResponseClientRedirect(address)
    # What was typed belongs to the question before.
    return push_url(show(request, get(request, pk), typed=QueryDict()), address)


def whole_page(request: ConsoleRequest) -> None:
    """Answer an act of htmx with a whole page, of which it takes the main part: templates see no htmx."""
    request.htmx = HtmxDetails(HttpRequest())
