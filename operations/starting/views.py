"""Starting an operation: choose what, fill in the form, see the plan, start. The API's door, for people."""

import hashlib
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from operations import acts, rights
from operations.access import ConsoleRequest, act_of, check, page_of
from operations.acts import KeyReused
from operations.canonical import canonical
from operations.models import Operation
from operations.starting.form import Form, empty, like, sent
from operations.starting.kinds import OFFERS, Offer
from operations.starting.preview import preview
from workers import llm


@page_of(rights.START)
def new(request: ConsoleRequest) -> HttpResponse:
    """What can be started; with ``type`` the form for it, with ``like`` the form filled as that operation was."""
    if pk := request.GET.get("like"):
        known = Operation.objects.visible_to(request.user).only("operation_type", "parameters", "metadata")
        return _show(request, like(get_object_or_404(known, pk=pk)), like=pk)
    name = request.GET.get("type", "")
    if not name:
        offers = [(offer, refused(request.user, offer)) for offer in OFFERS.values()]
        return render(request, "console/start/choose.html", {"offers": offers})
    if name not in OFFERS:
        raise Http404("There is no such type.")
    offer = OFFERS[name]
    return _show(request, empty(offer, offer.way(request.GET.get("way", "")), request.GET))


@act_of(rights.START)
def plan(request: ConsoleRequest) -> HttpResponse:
    """The form again, with the plan that would be made. Nothing is saved and nothing runs."""
    form = _sent(request)
    fields = form.check()
    if fields is None:
        return _show(request, form, status=422)
    return _show(request, form, preview=preview(fields))


@act_of(rights.START)
def start(request: ConsoleRequest) -> HttpResponse:
    """Start it, as the API does. The form's key lets a second click find what the first one started."""
    form = _sent(request)
    check(request.user, rights.starting(form.offer.type))
    fields = form.check()
    if fields is None:
        return _show(request, form, status=422)
    name = request.user.get_username()
    digest = hashlib.sha256(canonical(form.body())).hexdigest()
    try:
        operation, is_new = acts.submit(
            fields, None, person=request.user, key=f"{name}:{_key(request)}", body_digest=digest, actor=name
        )
    except KeyReused:
        form.errors[""] = ["This form has started an operation already. Press Start to start this one too."]
        return _show(request, form, status=409, key=str(uuid4()))
    if is_new:
        messages.success(request, "Started.")
    return redirect("operations:operation", operation.pk)


def refused(person: Any, offer: Offer) -> str:
    """Why ``person`` may not start this; empty if he may."""
    right = rights.starting(offer.type)
    return "" if right.is_of(person) else right.missing(person)


def _sent(request: ConsoleRequest) -> Form:
    if form := sent(request.POST):
        return form
    raise Http404("There is no such type.")


def _key(request: ConsoleRequest) -> str:
    """The key that was made for the form; a new one in place of what is none."""
    try:
        return str(UUID(request.POST.get("key", "")))
    except ValueError:
        return str(uuid4())


def _show(request: ConsoleRequest, form: Form, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "refused": refused(request.user, form.offer),
        "key": _key(request),
        "model": llm.configured(),
        "offers": OFFERS.values(),
        **more,
    }
    return render(request, "console/start/form.html", context, status=status)
