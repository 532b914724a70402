"""Talking about an escalation in the console: its whole talk, a comment, and asking a colleague to decide."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from escalations.known import know_questions
from escalations.models import DecisionError, Escalation
from escalations.talk import talk
from escalations.talk.forms import AssignForm, CommentForm
from operations import rights
from operations.access import ConsoleRequest, act, act_of, page
from operations.live import ESCALATIONS
from operations.masking.sight import about
from operations.models import is_reviewer
from operations.paging import page as page_of
from operations.sequences import sequences


@page
def conversation(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """All comments on an escalation, oldest first."""
    return _show(request, _get(request, escalation_id))


@act_of(rights.TALK)
def comment(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """Say something. Whoever may decide may talk about it."""
    escalation = _get(request, escalation_id)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _show(request, escalation, form, status=422)
    said = talk.comment(escalation, request.user.get_username(), form.cleaned_data["text"])
    return _done(request, escalation, _unknown(said.unknown))


@act
def assign(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """Ask somebody to decide: a colleague by name, oneself, or nobody any more."""
    escalation = _get(request, escalation_id)
    me = request.user.get_username()
    form = AssignForm(request.POST)
    if not form.is_valid():
        return _show(request, escalation, form, status=422)
    try:
        talk.assign(escalation, form.chosen(me), by=me)
    except DecisionError as error:
        form.add_error(error.field or None, str(error))
        return _show(request, escalation, form, status=422 if error.field else 409)
    return _done(request, escalation)


def _get(request: ConsoleRequest, escalation_id: str) -> Escalation:
    rows = Escalation.objects.visible_to(request.user).select_related("operation")
    light = [f"operation__{name}" for name in ("parameters", "metadata", "plan", "result", "confidence")]
    return get_object_or_404(rows.defer("findings", *light), pk=escalation_id)


def _unknown(names: Iterable[str]) -> str:
    called = ", ".join(f"@{name}" for name in names)
    return f"The comment is kept, but nobody here is called {called}." if called else ""


def _done(request: ConsoleRequest, escalation: Escalation, hint: str = "") -> HttpResponse:
    """Back to the page of the escalation; for htmx the forms made fresh, and the comments beside them."""
    if request.htmx:
        escalation.refresh_from_db(fields=["assigned_to", "status"])
        context = _context(request, escalation) | {"hint": hint}
        return render(request, "console/_talk_answer.html", context)
    if hint:
        messages.warning(request, hint)
    return redirect(reverse("escalations:escalation", args=[escalation.pk]) + "#talk")


def _show(
    request: ConsoleRequest, escalation: Escalation, form: CommentForm | AssignForm | None = None, *, status: int = 200
) -> HttpResponse:
    """The page of the talk. A refused ``form`` keeps what was typed into it."""
    [sequence] = sequences(ESCALATIONS)
    try:
        found = page_of(escalation.comments.all(), request.GET.get("after", ""))
    except ValueError as error:  # a cursor that no page gave out
        raise Http404("There is no such place in this talk.") from error
    context = _context(request, escalation) | {"page": found, "sequence": sequence, "talk_form": form}
    if request.htmx and form:
        return render(request, "console/_talk_answer.html", context)
    return render(request, "console/talk.html", context, status=status)


def _context(request: ConsoleRequest, escalation: Escalation) -> dict[str, Any]:
    know_questions([escalation.pk])
    about("escalation", escalation.pk, escalation.operation_id, request.path)
    return talk.conversation(escalation, request.user) | {
        "escalation": escalation,
        "is_open": escalation.status == Escalation.Status.OPEN,
        "may_act": is_reviewer(request.user),
    }
