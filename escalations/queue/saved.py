"""Keeping a view of the queue under a name: for oneself, or for all."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from escalations.models import SavedView
from escalations.queue.filters import QueueFilters
from escalations.queue.views import show
from operations import rights
from operations.access import ConsoleRequest, act_of
from operations.showing import visible

MOST = 50  # views of one person


class ViewForm(forms.Form):
    """A name, and whether others see it."""

    name = forms.CharField(max_length=80, error_messages={"required": "Give the view a name."})
    shared = forms.BooleanField(required=False)


@act_of(rights.USE)
def save(request: ConsoleRequest) -> HttpResponse:
    """Keep the view that is shown."""
    who = request.user.get_username()
    query = QueryDict(request.POST.get("query", "")[:2000])
    filters = QueueFilters(query, who=who)
    form = ViewForm(request.POST)
    if not (form.is_valid() and filters.is_valid()):
        return _again(request, query, form, "")
    if SavedView.objects.filter(owner=who).count() >= MOST:
        return _again(request, query, form, f"You keep {MOST} views already. Delete one first.")
    return _write(request, SavedView(owner=who, query=filters.address()), form, query)


@act_of(rights.USE)
def change(request: ConsoleRequest, view_id: int) -> HttpResponse:
    """Rename one's own view, share it or stop sharing it, or (``delete``) drop it."""
    view = get_object_or_404(SavedView, pk=view_id, owner=request.user.get_username())
    if "delete" in request.POST:
        view.delete()
        messages.success(request, f"Deleted the view “{visible(view.name)}”.")
        return redirect(_address(view.query))
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _again(request, QueryDict(view.query), form, "")
    return _write(request, view, form, QueryDict(view.query))


def _write(request: ConsoleRequest, view: SavedView, form: ViewForm, query: QueryDict) -> HttpResponse:
    view.name, view.shared = form.cleaned_data["name"].strip(), form.cleaned_data["shared"]
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        return _again(request, query, form, "Name: you keep a view of this name already. Choose another.")
    messages.success(request, f"Kept the view “{visible(view.name)}”.")
    return redirect(_address(view.query))


def _again(request: ConsoleRequest, query: QueryDict, form: ViewForm, problem: str) -> HttpResponse:
    """The page with what was typed, and what to mend."""
    found = [f"{name.capitalize()}: {text}" for name, texts in form.errors.items() for text in texts]
    told: dict[str, Any] = {"view_problems": [problem] if problem else found, "view_form": form.data}
    return show(request, query, status=422, **told)


def _address(query: str) -> str:
    return reverse("escalations:queue") + (f"?{query}" if query else "")
