"""The page for editing arguments: the form, what it would change, and resuming with it."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from escalations.deciding.allowed import NotAllowed, decide_as, why_not
from escalations.deciding.following import page_address, view_of
from escalations.deciding.onwards import onwards
from escalations.editing.editing import Editing
from escalations.editing.forms import ResumeForm
from escalations.models import Conflict, DecisionError, Escalation, Kind
from escalations.templatetags.deciding import in_words
from operations import rights
from operations.access import ConsoleRequest, act, page_of
from operations.live import ESCALATIONS
from operations.masking.hiding import know
from operations.masking.sight import about
from operations.models import Step
from operations.sequences import sequences
from operations.states import Reason

SINCE = 20  # entries of the history
TEMPLATE = "console/edit/page.html"


@page_of(rights.DECIDE)
def edit(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """The form for the concerned steps, or for those that ``step`` in the query names."""
    [sequence] = sequences(ESCALATIONS)
    escalation = _get(request, escalation_id)
    if request.htmx:
        return render(request, f"{TEMPLATE}#standing", _since(request, escalation) | {"sequence": sequence})
    if Kind.EDIT not in _offered(escalation):
        messages.info(request, "Arguments cannot be edited here, or not any more.")
        return redirect(page_address(escalation_id, view_of(request)))
    if why := why_not(request.user, escalation, Kind.EDIT):
        messages.warning(request, why)
        return redirect(page_address(escalation_id, view_of(request)))
    editing = Editing(escalation, request.GET.getlist("step") or _concerned(escalation))
    form = ResumeForm(initial=_fresh(escalation))
    return _show(request, escalation, editing, form, sequence=sequence)


@act
def preview(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """What the edits would change, or all that is wrong with them; other steps are added and taken away here too."""
    [sequence] = sequences(ESCALATIONS)
    escalation = _get(request, escalation_id)
    editing = _typed(request, escalation)
    form = ResumeForm(request.POST)
    if "choose" in request.POST or "without" in request.POST:
        return _show(request, escalation, editing, form, sequence=sequence)
    editing.check()
    return _show(request, escalation, editing, form, sequence=sequence, status=_status(editing, form), checked=True)


@act
def resume(request: ConsoleRequest, escalation_id: str) -> HttpResponse:
    """Decide: the edits. Who is too late, or read old news, gets what he typed back, with what happened since."""
    [sequence] = sequences(ESCALATIONS)
    escalation = _get(request, escalation_id)
    editing = _typed(request, escalation)
    editing.check()
    form = ResumeForm(request.POST)
    status, refused = _status(editing, form), ""
    if form.is_valid() and escalation.status != Escalation.Status.OPEN:
        status = 200  # whatever was typed: it comes too late, or a second time
    elif status == 200 and request.POST.get("shown") != editing.digest:
        status, refused = 409, "These are not the changes that were shown. Look at them again."
    if status == 200:
        try:
            _decide(request, escalation, editing, form)
        except Conflict as conflict:
            status, refused = 409, str(conflict)
        except NotAllowed as error:
            status, refused = 403, str(error)
        except DecisionError as error:
            status = 422
            editing.problems.append(str(error))
        else:
            return onwards(request, escalation)
    escalation = _get(request, escalation_id)
    return _show(
        request, escalation, editing, form, sequence=sequence, status=status, checked=status != 422, refused=refused
    )


def _decide(request: ConsoleRequest, escalation: Escalation, editing: Editing, form: ResumeForm) -> None:
    said = form.cleaned_data
    taken = decide_as(
        request.user,
        escalation,
        replace(editing.answer, reason=said["reason"]),
        revision=said["revision"],
        decision_id=said["decision_id"],
        take_over=said["take_over"],
        window=timedelta(seconds=settings.UNDO_SECONDS),
    )
    if taken.applied_at:  # else the note with its undo says so
        messages.success(request, in_words(taken))


def _status(editing: Editing, form: ResumeForm) -> int:
    return 422 if not form.is_valid() or editing.count else 200


def _typed(request: ConsoleRequest, escalation: Escalation) -> Editing:
    """The forms of the steps that the browser shows, with what was typed into them."""
    chosen = [step for step in request.POST.getlist("step") if step != request.POST.get("without")]
    if added := request.POST.get("add"):
        chosen.insert(0, added)
    editing = Editing(escalation, chosen)
    editing.take(request.POST)
    return editing


def _get(request: ConsoleRequest, escalation_id: str) -> Escalation:
    """The escalation, with the operation's steps without their results."""
    light = Prefetch("operation__steps", Step.objects.defer("result", "progress"))
    rows = Escalation.objects.visible_to(request.user).select_related("operation").prefetch_related(light)
    return get_object_or_404(rows, pk=escalation_id)


def _concerned(escalation: Escalation) -> list[str]:
    """The steps that the question is about; of a plan that has not run, all."""
    if escalation.reason == Reason.PLAN_APPROVAL and not escalation.steps:
        return [step.step_id for step in escalation.operation.steps.all()]
    return escalation.steps


def _offered(escalation: Escalation) -> tuple[Kind, ...]:
    return escalation.offered if escalation.status == Escalation.Status.OPEN else ()


def _fresh(escalation: Escalation) -> dict[str, Any]:
    """For a form of its own: sent twice, it is one decision."""
    last = escalation.operation.events.order_by("-id").values_list("id", flat=True).first()
    return {"revision": escalation.revision, "decision_id": uuid.uuid4().hex, "seen": last or 0}


def _standing(request: ConsoleRequest, escalation: Escalation) -> dict[str, Any]:
    """What others do about it meanwhile."""
    holder = escalation.holder()
    return {
        "escalation": escalation,
        "is_open": escalation.status == Escalation.Status.OPEN,
        "holder": holder,
        "mine": holder == request.user.get_username(),
        "decisions": escalation.decisions.all(),
    }


def _since(request: ConsoleRequest, escalation: Escalation) -> dict[str, Any]:
    """The same for a page that is open, and read the revision that is named in its query."""
    read = request.GET.get("revision", "")
    return _standing(request, escalation) | {"asked_revision": read, "has_moved": read != str(escalation.revision)}


def _show(
    request: ConsoleRequest,
    escalation: Escalation,
    editing: Editing,
    form: ResumeForm,
    *,
    sequence: int,
    status: int = 200,
    checked: bool = False,
    refused: str = "",
) -> HttpResponse:
    """The page. Its form is about the escalation as it is now; ``since`` tells what happened while it was open."""
    operation, page = escalation.operation, reverse("escalations:edit", args=[escalation.pk])
    steps = urlencode([("step", form.step.step_id) for form in editing.forms])
    about("escalation", escalation.pk, operation.pk, f"{page}?{steps}" if steps else page)
    know(escalation.findings, operation.parameters, operation.metadata)
    know(*(form.step.arguments for form in editing.forms))
    seen = form.seen_event
    since = escalation.operation.events.filter(id__gt=seen).order_by("id")[:SINCE] if refused and seen else []
    context = _standing(request, escalation) | {
        "operation": escalation.operation,
        "editing": editing,
        "previewed": checked and not editing.count and editing.changed,
        "form": form,
        "fresh": _fresh(escalation) if refused or not form.is_bound else form.as_sent,
        "refused": refused,
        "since": since,
        "view": view_of(request),
        "back": page_address(escalation.pk, view_of(request)),
        "reason": form.data.get("reason", ""),
        "sequence": sequence,
    }
    return render(request, TEMPLATE, context, status=status)
