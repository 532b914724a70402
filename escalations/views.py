"""The review queue, one escalation, and what a reviewer does about it."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from escalations.choices import choices, in_words
from escalations.decisions import Answer, decide
from escalations.forms import DecisionForm
from escalations.models import Conflict, DecisionError, Escalation, Kind
from escalations.questions import questions
from operations.access import ConsoleRequest, act, page
from operations.live import ESCALATIONS, operation_group
from operations.models import Step
from operations.models.operation import is_reviewer
from operations.paging import BadCursor
from operations.paging import page as page_of
from operations.sequences import sequences
from operations.showing import steps_of

EVENTS = 100
FINDINGS = 100
LARGE = [f"operation__{name}" for name in ("parameters", "metadata", "plan", "result", "confidence")]
DONE = {"approve": "Approved", "edit": "Edited", "retry": "Runs again", "replan": "Planned anew", "reject": "Rejected"}


@page
def queue(request: ConsoleRequest) -> HttpResponse:
    """What waits for a person, oldest first."""
    [sequence] = sequences(ESCALATIONS)
    rows = Escalation.objects.visible_to(request.user).open().select_related("operation")
    try:
        found = page_of(rows.defer("findings", *LARGE), request.GET.get("after", ""))
    except BadCursor as error:
        raise Http404(str(error)) from error
    template = "console/queue.html" + ("#live" if request.htmx else "")
    return render(request, template, {"page": found, "sequence": sequence})


@page
def escalation(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """One escalation: why it is here, what is known, and what each decision would do."""
    return _show(request, _get(request, escalation_id))


@act
def decision(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """Take the decision. Who comes second, or decides on old news, gets the page as it is now, with 409."""
    escalation = _get(request, escalation_id)
    form = DecisionForm(escalation, request.POST)
    if not form.is_valid():
        return _show(request, escalation, form, status=422)

    said = form.cleaned_data
    try:
        taken = decide(
            escalation,
            Answer(Kind(said["decision"]), said["reason"].strip(), form.edits),
            who=request.user.get_username(),
            revision=said["revision"],
            decision_id=said["decision_id"],
            take_over=said["take_over"],
        )
    except Conflict as conflict:
        return _show(request, _get(request, escalation_id), form, status=409, refused=str(conflict))
    except DecisionError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _show(request, _get(request, escalation_id), form, status=422)
    messages.success(request, f"{DONE[taken.decision]}: {escalation.operation_id}.")
    return redirect("escalations:queue")


@act
def claim(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    escalation = _get(request, escalation_id)
    try:
        escalation.claim(request.user.get_username(), take_over="take_over" in request.POST)
    except Conflict as conflict:
        return _show(request, _get(request, escalation_id), status=409, refused=str(conflict))
    return redirect("escalations:escalation", escalation_id)


@act
def release(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    escalation = _get(request, escalation_id)
    try:
        escalation.release(request.user.get_username())
    except Conflict as conflict:
        return _show(request, _get(request, escalation_id), status=409, refused=str(conflict))
    return redirect("escalations:escalation", escalation_id)


def _get(request: ConsoleRequest, escalation_id: str) -> Escalation:
    rows = Escalation.objects.visible_to(request.user).select_related("operation")
    return get_object_or_404(rows, pk=escalation_id)


def _show(
    request: ConsoleRequest,
    escalation: Escalation,
    form: DecisionForm | None = None,
    *,
    status: int = 200,
    refused: str = "",
) -> HttpResponse:
    """The page, or for htmx the parts of it that change. A refused ``form`` keeps what was typed into it."""
    seen = sequences(ESCALATIONS, operation_group(escalation.operation_id))
    escalation = _as_it_is_now(escalation)
    context = _state(escalation, request.user.get_username()) | {
        "seen": seen,
        "form": _fresh_form(escalation, form.data.get("reason", "") if form else ""),
        "errors": form.errors if form else {},
        "may_act": is_reviewer(request.user),
        "refused": refused,
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


def _state(escalation: Escalation, who: str) -> dict[str, Any]:
    operation = escalation.operation
    is_open = escalation.status == Escalation.Status.OPEN
    holder = escalation.holder()
    return {
        "escalation": escalation,
        "operation": operation,
        "is_open": is_open,
        "holder": holder,
        "mine": holder == who,
        "findings": [_finding(found) for found in escalation.findings[:FINDINGS]],
        "questions": questions(escalation),
        "choices": choices(escalation) if is_open else [],
        "decided": [(taken, in_words(taken.effect)) for taken in escalation.decisions.all()],
        "steps": steps_of(operation, tuple(escalation.steps)),
        "events": operation.events.order_by("-id")[:EVENTS],
    }


def _finding(found: Any) -> dict[str, Any]:
    """A finding for the table. Only its step, rule and message are alike for all; ``all`` has the rest."""
    given = found if isinstance(found, dict) else {"message": found}
    rule = given.get("rule") or given.get("label") or ""
    return {"step": given.get("step", ""), "rule": rule, "message": given.get("message", ""), "all": found}
