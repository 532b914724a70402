"""The console's pages about the workers, and the acts on one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from operations import rights
from operations.access import ConsoleRequest, act_of, page
from operations.fleet import acts, calls, schema_table
from operations.fleet.state import state
from operations.live import OPERATIONS
from operations.sequences import sequences
from workers.models import RegisteredWorker

Json = dict[str, Any]
NONE = calls.Calls()


@page
def workers(request: ConsoleRequest) -> HttpResponse:
    """All workers: how each is, and what it was asked in the last hour."""
    [sequence] = sequences(OPERATIONS)
    lately, running = calls.last_hour(), calls.at_work_numbers()
    rows = [
        {"worker": worker, "state": state(worker), "calls": lately.get((worker.name, ""), NONE)}
        | {"running": running.get(worker.name, 0), "actions": len(_actions(worker))}
        for worker in RegisteredWorker.objects.all()
    ]
    template = "console/fleet/workers.html" + ("#live" if request.htmx else "")
    return render(
        request, template, {"rows": rows, "sequence": sequence, "may_administer": rights.ADMINISTER.is_of(request.user)}
    )


@page
def worker(request: ConsoleRequest, name: str) -> HttpResponse:
    """One worker: its state, what it does and did, and its manifest."""
    [sequence] = sequences(OPERATIONS)
    found = get_object_or_404(RegisteredWorker, pk=name)
    lately = calls.last_hour(name)
    sees_all = rights.SEE_ALL.is_of(request.user)  # they name operations
    context = {
        "worker": found,
        "state": state(found),
        "total": lately.get((name, ""), NONE),
        "actions": [(action, lately.get((name, action["name"]), NONE)) for action in _actions(found)],
        "running": calls.at_work(name) if sees_all else [],
        "errors": calls.errors(name) if sees_all else [],
        "sequence": sequence,
        "may_administer": rights.ADMINISTER.is_of(request.user),
        "may_reset": rights.MEND.is_of(request.user),
    }
    if request.htmx:
        return render(request, "console/fleet/worker.html#live", context)
    return render(
        request, "console/fleet/worker.html", context | {"manual": [_manual(each) for each in _actions(found)]}
    )


def _actions(worker: RegisteredWorker) -> list[Json]:
    """The actions of its manifest, which a worker elsewhere may have written carelessly."""
    given = worker.manifest.get("actions")
    actions = given if isinstance(given, list) else []
    return [action for action in actions if isinstance(action, dict) and action.get("name")]


def _manual(action: Json) -> Json:
    """An action for its part of the page."""
    parameters = action.get("parameters")
    return {
        "action": action,
        "parameters": schema_table.rows(parameters),
        "result": schema_table.rows(action.get("result")),
        "example": {"action": action["name"], "arguments": schema_table.example(parameters)},
    }


@act_of(rights.ADMINISTER)
def enable(request: ConsoleRequest, name: str) -> HttpResponse:
    return _act(request, name, lambda: acts.switch(name, request.user, on=True), "Switched on.")


@act_of(rights.ADMINISTER)
def disable(request: ConsoleRequest, name: str) -> HttpResponse:
    return _act(request, name, lambda: acts.switch(name, request.user, on=False), "Switched off.")


@act_of(rights.MEND)
def reset(request: ConsoleRequest, name: str) -> HttpResponse:
    seen = request.POST.get("failures", "")
    failures = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
    return _act(request, name, lambda: acts.reset(name, request.user, failures), "The circuit is closed.")


@act_of(rights.ADMINISTER)
def ask(request: ConsoleRequest, name: str) -> HttpResponse:
    get_object_or_404(RegisteredWorker, pk=name)
    answered = acts.ask_again(name, request.user)
    if answered.healthy:
        messages.success(request, f"{name} is healthy: version {answered.manifest.get('version', 'unknown')}.")
    else:
        messages.warning(request, f"{name} does not answer: {answered.error}")
    return redirect("fleet:worker", name)


def _act(request: ConsoleRequest, name: str, do: Callable[[], None], done: str) -> HttpResponse:
    get_object_or_404(RegisteredWorker, pk=name)
    try:
        do()
    except acts.NothingToDo as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, done)
    return redirect("fleet:worker", name)
