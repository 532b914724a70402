"""What a decision or a retry does to the steps: run some again, go on without some, stop the rest.

These change rows only; the caller has taken the operation out of its holder's hands first, in the same transaction.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.utils import timezone

from operations.graph import Graph
from operations.models import Operation, Step
from operations.planning import plan
from operations.states import StepStatus

AGAIN: dict[str, Any] = {
    "status": StepStatus.PENDING,
    "attempts": 0,
    "result": None,
    "confidence": None,
    "error": "",
    "location": "",
    "progress": None,
    "due_at": None,
    "approved_digest": "",
    "accepted_by": "",
    "started_at": None,
    "finished_at": None,
}


def concerned(operation: Operation, step_ids: Iterable[str]) -> list[Step]:
    """The named steps and every step that uses what they bring."""
    graph = Graph(operation.steps.all())
    return graph.downstream(step_ids)


def run_again(operation: Operation, steps: Iterable[Step], edits: dict[str, dict[str, Any]] | None = None) -> None:
    """Make ``steps`` pending, as a new run: the workers will not answer them from memory. ``edits``: new arguments."""
    ids = {step.pk for step in steps}
    operation.steps.filter(pk__in=ids).update(run=F("run") + 1, **AGAIN)
    # A template that runs again makes its instances anew; one of which an instance runs again is at work again.
    again = operation.steps.filter(pk__in=ids)
    templates = set(again.filter(for_each__isnull=False).values_list("step_id", flat=True))
    touched = set(again.exclude(template="").values_list("template", flat=True)) - templates
    operation.steps.filter(template__in=templates).delete()
    operation.steps.filter(step_id__in=touched).update(status=StepStatus.RUNNING, finished_at=None)
    for step_id, arguments in (edits or {}).items():
        operation.steps.filter(step_id=step_id).update(arguments=arguments)


def without(operation: Operation, step_ids: Iterable[str]) -> list[Step]:
    """The named steps and all that cannot run without them, as far as they have not been done."""
    graph = Graph(operation.steps.all())
    return [step for step in graph.downstream(step_ids, needing=True) if step.status != StepStatus.COMPLETED]


def skip(operation: Operation, step_ids: Iterable[str], why: str) -> None:
    """Go on without the named steps and all that cannot run without them."""
    ids = [step.pk for step in without(operation, step_ids)]
    operation.steps.filter(pk__in=ids).update(
        status=StepStatus.SKIPPED, error=why, due_at=None, finished_at=timezone.now()
    )


def approve(operation: Operation, digests: dict[str, str]) -> None:
    """Let steps run, by id, each as long as it still is what its digest was made of."""
    waiting = operation.steps.filter(status=StepStatus.AWAITING_APPROVAL)
    for step_id, digest in digests.items():
        waiting.filter(step_id=step_id).update(status=StepStatus.PENDING, approved_digest=digest)


def accept(operation: Operation, step_ids: Iterable[str], who: str) -> list[str]:
    """Take the results that broke a rule as they are. Returns the ids of the steps that go on because of it."""
    held = operation.steps.filter(step_id__in=list(step_ids), status=StepStatus.AWAITING_APPROVAL, result__isnull=False)
    ids = list(held.values_list("step_id", flat=True))
    held.update(status=StepStatus.COMPLETED, accepted_by=who)
    return ids


def cancel_unfinished(operation: Operation) -> None:
    """Stop what has not begun. Running calls stay marked so until they have been withdrawn."""
    # Whoever is at it may write its steps down at the same moment.
    Step.objects.bulk_create(plan.missing(operation, operation.steps.only("step_id")), ignore_conflicts=True)
    waiting = [StepStatus.PENDING, StepStatus.AWAITING_APPROVAL]
    operation.steps.filter(status__in=waiting).update(
        status=StepStatus.CANCELLED, due_at=None, finished_at=timezone.now()
    )
