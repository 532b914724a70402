"""Deciding one escalation, and taking that back."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from escalations.deciding.allowed import NotAllowed, decide_as
from escalations.deciding.decisions import Answer
from escalations.deciding.following import page_address, view_of
from escalations.deciding.forms import DecisionForm
from escalations.deciding.onwards import onwards, whole_page
from escalations.deciding.undo import undo
from escalations.models import Approval, Conflict, DecisionError, Escalation, Kind
from escalations.templatetags.deciding import in_words
from escalations.views import get, show
from operations.access import ConsoleRequest, act


@act
def decision(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """Take the decision, and go on to the next question.

    Who comes second, or decides on old news, gets the page as it is now, with 409, and keeps what he typed.
    """
    whole_page(request)
    escalation = get(request, escalation_id)
    form = DecisionForm(escalation, request.POST)
    if not form.is_valid():
        return show(request, escalation, form, status=422)
    try:
        _decide(request, escalation, form)
    except Conflict as conflict:
        return show(request, get(request, escalation_id), form, status=409, refused=str(conflict))
    except NotAllowed as error:
        return show(request, get(request, escalation_id), form, status=403, refused=str(error))
    except DecisionError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return show(request, get(request, escalation_id), form, status=422)
    return onwards(request, escalation)


def _decide(request: ConsoleRequest, escalation: Escalation, form: DecisionForm) -> None:
    said = form.cleaned_data
    taken = decide_as(
        request.user,
        escalation,
        Answer(Kind(said["decision"]), said["reason"], form.edits, form.steps),
        revision=said["revision"],
        decision_id=said["decision_id"],
        take_over=said["take_over"],
        window=timedelta(seconds=settings.UNDO_SECONDS),
    )
    if isinstance(taken, Approval):
        messages.success(request, f"Approved, 1 of 2: {escalation.operation_id} waits for another person.")
    elif taken.applied_at:  # else the note with its undo says so
        messages.success(request, in_words(taken))


@act
def preview(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """The page with what is ticked and typed, and what a retry of that would do. Nothing is decided."""
    return show(request, get(request, escalation_id))


@act
def take_back(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """Take the newest decision back. Too late, or another's: the page as it is now, with 409."""
    escalation = get(request, escalation_id)
    decision = escalation.decisions.last()
    try:
        if decision is None:
            raise DecisionError("Nothing was decided here yet.")
        undo(decision, who=request.user.get_username(), admin=request.user.is_superuser)
    except DecisionError as error:
        return show(request, get(request, escalation_id), status=409, refused=str(error))
    messages.success(request, "Taken back. It is in your hands again.")
    return redirect(page_address(escalation_id, view_of(request)))
