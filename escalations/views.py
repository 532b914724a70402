"""The page of one escalation. What a reviewer does about it is in decide_views and claim_views."""

import uuid
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render

from escalations.deciding import two_people
from escalations.deciding.allowed import why_not
from escalations.deciding.choices import choices, in_words
from escalations.deciding.following import page_address, queue_address, view_of
from escalations.deciding.forms import DecisionForm
from escalations.deciding.questions import questions
from escalations.deciding.reasons import offered
from escalations.deciding.ticks import known, ticks
from escalations.found import findings_of
from escalations.models import Escalation, Kind
from escalations.talk.notices import read
from escalations.talk.talk import conversation
from operations.access import ConsoleRequest, page
from operations.live import ESCALATIONS, operation_group
from operations.masking.hiding import know
from operations.masking.sight import about
from operations.models import Step, is_reviewer
from operations.sequences import sequences
from operations.whole import whole


@page
def escalation(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """One escalation: why it is here, what is known, and what each decision would do."""
    escalation = get(request, escalation_id)
    if not request.htmx:  # a page that refreshes itself is not read by that
        read(request.user.get_username(), escalation)
    return show(request, escalation)


def get(request: ConsoleRequest, escalation_id: str) -> Escalation:
    rows = Escalation.objects.visible_to(request.user).select_related("operation")
    return get_object_or_404(rows, pk=escalation_id)


def show(
    request: ConsoleRequest,
    escalation: Escalation,
    form: DecisionForm | None = None,
    *,
    status: int = 200,
    refused: str = "",
    typed: QueryDict | None = None,
    **more: Any,
) -> HttpResponse:
    """The page, or for htmx the parts of it that change. What was ``typed`` into a form, by default sent, is kept."""
    typed = request.POST if typed is None else typed
    seen = sequences(ESCALATIONS, operation_group(escalation.operation_id))
    escalation = _as_it_is_now(escalation)
    view, operation = view_of(request), escalation.operation
    about("escalation", escalation.pk, operation.pk, page_address(escalation.pk, view))
    know(escalation.findings, operation.parameters, operation.metadata, operation.result)
    ticks_from = request.GET if request.htmx else typed
    context = _state(escalation, request.user, ticks_from) | {
        **conversation(escalation, request.user),
        **whole(escalation.operation, escalation.steps, request.GET.get("before", "")),
        "findings": findings_of(escalation),
        "seen": seen,
        "form": _fresh_form(escalation, typed.get("reason", "")),
        "errors": form.errors if form else {},
        "may_act": is_reviewer(request.user),
        "refused": refused,
        "typed": typed,
        "view": view,
        "back": queue_address(view),
        **more,
    }
    return render(request, "console/escalation.html" + ("#live" if request.htmx else ""), context, status=status)


def _as_it_is_now(escalation: Escalation) -> Escalation:
    """Read again, after the sequence numbers; with the operation's steps, without their results, for all choices."""
    light = Prefetch("operation__steps", Step.objects.defer("result", "progress"))
    return Escalation.objects.select_related("operation").prefetch_related(light).get(pk=escalation.pk)


def _fresh_form(escalation: Escalation, reason: str) -> DecisionForm:
    """A form for the escalation as it is now, under a decision id of its own: sent twice, it is one decision."""
    initial = {"revision": escalation.revision, "decision_id": uuid.uuid4().hex, "reason": reason}
    return DecisionForm(escalation, initial=initial)


def _state(escalation: Escalation, person: Any, typed: QueryDict) -> dict[str, Any]:
    """What changes while the page is open. ``typed`` may say which steps a retry would run again."""
    ticked = known(escalation, typed.getlist("steps")) if "ticks" in typed else None
    operation = escalation.operation
    is_open = escalation.status == Escalation.Status.OPEN
    holder = escalation.holder()
    return {
        "escalation": escalation,
        "operation": operation,
        "is_open": is_open,
        "holder": holder,
        "mine": holder == person.get_username(),
        "standing": two_people.standing(escalation) if is_open else "",
        "edit_refused": why_not(person, escalation, Kind.EDIT) if is_open else "",
        "questions": questions(escalation),
        "choices": choices(escalation, person, ticked or ()) if is_open else [],
        "ticks": ticks(escalation, ticked) if is_open else None,
        "presets": offered(escalation),
        "decided": [(taken, in_words(taken.effect)) for taken in escalation.decisions.all()],
    }
