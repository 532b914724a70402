"""The console's pages about operations: the list, one operation, one step, and the two acts on an operation."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from operations import acts, usage
from operations.access import ConsoleRequest, act, page
from operations.live import OPERATIONS, operation_group
from operations.models import Operation, Superseded, TransitionError
from operations.models.operation import is_reviewer
from operations.paging import BadCursor
from operations.paging import page as page_of
from operations.sequences import sequences
from operations.showing import steps_of
from operations.states import MOVING, OperationType, Status

EVENTS = 100
TRIES = 5
HEAVY = ("parameters", "metadata", "plan", "result", "confidence")


@page
def operations(request: ConsoleRequest) -> HttpResponse:
    """All operations, newest first; `status`, `type` and the cursor `after` in the query narrow them."""
    [sequence] = sequences(OPERATIONS)
    status, kind = request.GET.get("status", ""), request.GET.get("type", "")
    if status not in ("", *Status) or kind not in ("", *OperationType):
        raise Http404("There is no such status or type.")
    rows = Operation.objects.visible_to(request.user).select_related("client").defer(*HEAVY)
    wanted = {name: value for name, value in (("status", status), ("operation_type", kind)) if value}
    try:
        found = page_of(rows.filter(**wanted), request.GET.get("after", ""), newest_first=True)
    except BadCursor as error:
        raise Http404(str(error)) from error

    context = {
        "page": found,
        "status": status,
        "type": kind,
        "statuses": Status.choices,
        "types": OperationType.choices,
        "sequence": sequence,
    }
    return render(request, "console/operations.html" + ("#live" if request.htmx else ""), context)


@page
def operation(request: ConsoleRequest, operation_id: str) -> HttpResponse:
    """One operation: how it goes, what came of it, its steps and its history."""
    [sequence] = sequences(operation_group(operation_id))
    operation = _get(request, operation_id)
    return _show(request, operation, sequence)


@page
def step(request: ConsoleRequest, operation_id: str, step_id: str) -> HttpResponse:
    """One step with its whole arguments and result."""
    operation = _get(request, operation_id)
    step = get_object_or_404(operation.steps, step_id=step_id)
    return render(request, "console/step.html", {"operation": operation, "step": step})


@act
def cancel(request: ConsoleRequest, operation_id: str) -> HttpResponse:
    return _act(request, operation_id, acts.cancel, "Cancelled. Finished steps keep their results.")


@act
def retry(request: ConsoleRequest, operation_id: str) -> HttpResponse:
    return _act(request, operation_id, acts.retry, "Taken up again where it stopped.")


def _act(request: ConsoleRequest, operation_id: str, do: Callable[..., None], done: str) -> HttpResponse:
    """Do it, and look again where a queue worker changed the operation in between."""
    for _ in range(TRIES):
        operation = _get(request, operation_id)
        try:
            do(operation, actor=request.user.get_username())
        except Superseded as error:
            refused = str(error)
            continue
        except TransitionError as error:
            refused = str(error)
            break
        messages.success(request, done)
        return redirect("operations:operation", operation_id)
    [sequence] = sequences(operation_group(operation_id))
    return _show(request, _get(request, operation_id), sequence, refused=refused)


def _get(request: ConsoleRequest, operation_id: str) -> Operation:
    return get_object_or_404(Operation.objects.visible_to(request.user).select_related("client"), pk=operation_id)


def _show(request: ConsoleRequest, operation: Operation, sequence: int, refused: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "operation": operation,
        "steps": steps_of(operation),
        "spent": usage.of(operation),
        "events": operation.events.order_by("-id")[:EVENTS],
        "escalations": operation.escalations.order_by("-created_at"),
        "sequence": sequence,
        "refused": refused,
        "may_act": is_reviewer(request.user),
        "may_cancel": operation.status in MOVING or operation.requires_human,
        "may_retry": operation.status in (Status.FAILED, Status.CANCELLED),
    }
    template = "console/operation.html" + ("#live" if request.htmx else "")
    return render(request, template, context, status=409 if refused else 200)
