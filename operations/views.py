"""The console's pages about operations: the list, one operation, one step, and the two acts on an operation."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from operations import acts, rights, usage
from operations.access import ConsoleRequest, act_of, check, may_start, page
from operations.listing import BadFilter, asked_by, listing, names, tabs
from operations.live import OPERATIONS, operation_group
from operations.masking.hiding import know
from operations.masking.lists import know_operations
from operations.models import Operation, Superseded, TransitionError
from operations.paging import BadCursor
from operations.paging import page as page_of
from operations.phases import phases
from operations.progress import left, progress_of, until_limit
from operations.sequences import sequences
from operations.states import MOVING, Status
from operations.whole import one_step, whole

TRIES = 5


@page
def operations(request: ConsoleRequest) -> HttpResponse:
    """The operations that the query asks for, newest first, from the cursor `after` on."""
    [sequence] = sequences(OPERATIONS)
    try:
        asked = listing(request.GET)
        rows = asked.rows(Operation.objects.visible_to(request.user))
        found = page_of(asked.in_state(rows), request.GET.get("after", ""), newest_first=True)
    except (BadFilter, BadCursor) as error:
        raise Http404(str(error)) from error

    know_operations(operation.pk for operation in found.rows if operation.error)
    far = progress_of(operation for operation in found.rows if operation.is_moving)
    context = {
        "page": found,
        "rows": [(operation, far.get(operation.pk)) for operation in found.rows],
        "asked": asked,
        "tabs": tabs(rows),
        "names": names() if rights.SEE_ALL.is_of(request.user) else [],
        "sequence": sequence,
        "may_start": may_start(request.user),
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
    """One step with its whole arguments and result, what it rests on, and the rows behind what was found."""
    operation = _get(request, operation_id)
    step = get_object_or_404(operation.steps, step_id=step_id)
    know(operation.parameters, operation.metadata, step.arguments, step.result)
    context = one_step(operation, step)
    return render(request, "console/step.html", {"operation": operation, "step": step, **context})


@act_of(rights.USE)
def cancel(request: ConsoleRequest, operation_id: str) -> HttpResponse:
    return _act(request, operation_id, acts.cancel, "Cancelled. Finished steps keep their results.")


@act_of(rights.USE)
def retry(request: ConsoleRequest, operation_id: str) -> HttpResponse:
    return _act(request, operation_id, acts.retry, "Taken up again where it stopped.")


def _act(request: ConsoleRequest, operation_id: str, do: Callable[..., None], done: str) -> HttpResponse:
    """Do it, and look again where a queue worker changed the operation in between."""
    for _ in range(TRIES):
        operation = _get(request, operation_id)
        check(request.user, rights.acting_on(operation, request.user))
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
    rows = Operation.objects.visible_to(request.user).select_related("client")
    return get_object_or_404(rows.annotate(asked_by=asked_by(OuterRef("pk"))), pk=operation_id)


def _show(request: ConsoleRequest, operation: Operation, sequence: int, refused: str = "") -> HttpResponse:
    know(operation.parameters, operation.metadata, operation.result)
    far = progress_of([operation])[operation.pk]
    context: dict[str, Any] = {
        "operation": operation,
        "phases": phases(operation),
        "far": far,
        "left": left(operation, far),
        "until_limit": until_limit(operation),
        **whole(operation, before=request.GET.get("before", "")),
        "spent": usage.of(operation),
        "escalations": operation.escalations.order_by("-created_at"),
        "sequence": sequence,
        "refused": refused,
        "may_act": rights.acting_on(operation, request.user).is_of(request.user),
        "may_start": rights.starting(operation.operation_type).is_of(request.user),
        "may_cancel": operation.status in MOVING or operation.requires_human,
        "may_retry": operation.status in (Status.FAILED, Status.CANCELLED),
    }
    template = "console/operation.html" + ("#live" if request.htmx else "")
    return render(request, template, context, status=409 if refused else 200)
