"""Deciding many at once, what came of it, and taking it back."""

from typing import Any

from django.contrib import messages
from django.db.models.functions import Left
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from escalations.deciding.undo import undo
from escalations.known import know_questions
from escalations.models import Conflict, Decision, DecisionError, DecisionQuerySet, Escalation
from escalations.queue import batch
from escalations.queue.filters import QueueFilters
from escalations.queue.views import show
from operations.access import ConsoleRequest, act, page
from operations.live import ESCALATIONS
from operations.models import is_reviewer
from operations.sequences import sequences

SHOWN = (  # what may be large is not read
    "escalation",
    "decision",
    "reason",
    "decided_by",
    "effective_at",
    "applied_at",
    "undone_at",
    "undone_by",
    "batch",
    "created_at",
    "escalation__operation_id",
    "escalation__reason",
)


@act
def decide(request: ConsoleRequest) -> HttpResponse:
    """Decide what is ticked, and whole groups, each on its own."""
    who = request.user.get_username()
    query = QueryDict(request.POST.get("query", "")[:4000])
    form, filters = batch.BatchForm(request.POST), QueueFilters(query, who=who)
    rows = Escalation.objects.visible_to(request.user)
    if not (form.is_valid() and filters.is_valid()):
        return _again(request, query, form.problems)
    groups, left = batch.of_causes(
        rows.open().filter(filters.lookup()), request.POST.getlist("causes"), form.cleaned_data["until"]
    )
    chosen = list(dict.fromkeys(batch.named(request.POST.getlist("chosen")) + groups))
    if not chosen:
        return _again(request, query, ["Nothing is chosen that still waits. Tick rows first."])

    outcome = batch.decide_all(rows, chosen, batch.answer_of(form), by=request.user, batch=form.cleaned_data["batch"])
    outcome.left += left
    if outcome.refused or outcome.left:
        return _result(request, form.cleaned_data["batch"], outcome)
    return redirect("escalations:batch", form.cleaned_data["batch"])


@page
def result(request: ConsoleRequest, batch_id: str) -> HttpResponse:
    """What was decided at once, and what has become of it."""
    return _result(request, batch_id)


@act
def take_back(request: ConsoleRequest, batch_id: str) -> HttpResponse:
    """Take back one decision (``decision``, its id) or, without one, all that can be."""
    named = request.POST.get("decision", "")
    rows = _decisions(request, batch_id)
    chosen = rows.filter(pk=named[:18]) if named.isdecimal() else rows.pending()
    outcome, taken = batch.Outcome(), 0
    for decision in chosen:
        try:
            undo(decision, who=request.user.get_username(), admin=request.user.is_superuser)
            taken += 1
        except (Conflict, DecisionError) as error:
            outcome.refused.append(batch.Refused(decision.escalation_id, str(error)))
    if taken:
        messages.success(request, f"Taken back: {taken}. {'It is' if taken == 1 else 'They are'} in your hands again.")
    if not chosen:
        messages.warning(request, "Too late to take anything back: the operations have gone on.")
    return _result(request, batch_id, outcome) if outcome.refused else redirect("escalations:batch", batch_id)


def _decisions(request: ConsoleRequest, batch_id: str) -> DecisionQuerySet:
    visible = Escalation.objects.visible_to(request.user)
    rows = Decision.objects.filter(batch=batch_id[:40], escalation__in=visible).exclude(batch="")
    return rows.select_related("escalation").order_by("pk")


def _result(request: ConsoleRequest, batch_id: str, outcome: batch.Outcome | None = None) -> HttpResponse:
    [sequence] = sequences(ESCALATIONS)
    told = outcome or batch.Outcome()
    rows = _decisions(request, batch_id).only(*SHOWN).annotate(brief=Left("escalation__message", 200))
    decisions = list(rows)
    know_questions(row.escalation_id for row in decisions)
    now = timezone.now()
    pending = [row for row in decisions if row.effective_at and row.effective_at > now and not _is_over(row)]
    context: dict[str, Any] = {
        "batch_id": batch_id,
        "decisions": decisions,
        "pending": {row.pk for row in pending},
        "refused": told.refused,
        "left": told.left,
        "sequence": sequence,
        "may_act": is_reviewer(request.user),
    }
    template = "console/queue/result.html" + ("#live" if request.htmx else "")
    return render(request, template, context)


def _is_over(decision: Decision) -> bool:
    return bool(decision.applied_at or decision.undone_at)


def _again(request: ConsoleRequest, query: QueryDict, problems: list[str]) -> HttpResponse:
    """The queue with what was ticked and typed, and what to mend."""
    told = {
        "batch_problems": problems,
        "ticked": {*request.POST.getlist("chosen"), *request.POST.getlist("causes")},
        "typed_reason": request.POST.get("reason", ""),
    }
    return show(request, query, status=422, **told)
