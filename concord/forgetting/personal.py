"""What of an operation may be personal, and how it is blanked: the skeleton (who, when, how it ended) stays."""

from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from escalations.models import Approval, Comment, Decision, Escalation, Notice
from operations.models import Event, ModelCall, Operation, Step

GONE = "(removed)"

# A table of its own for each kind of row, so that a reader sees what goes; the order is that of the foreign keys.
BLANKS: dict[str, dict[str, Any]] = {
    "operations": {
        "parameters": {},
        "metadata": {},
        "plan": None,
        "replan": None,
        "result": None,
        "error": "",
        "confidence": None,
    },
    "steps": {
        "arguments": {},
        "item": None,
        "for_each": None,
        "label": "",
        "expected_output": "",
        "validation": [],
        "result": None,
        "error": "",
        "location": "",
        "progress": None,
    },
    "events": {"message": "", "data": None},
    "escalations": {"message": GONE, "findings": [], "cause": ""},
    "decisions": {"reason": "", "edits": {}, "effect": {}},
    "approvals": {"reason": ""},
    "comments": {"text": GONE, "mentions": []},
    "notices": {"text": ""},
    "model calls": {"error": ""},
}


def related(operations: QuerySet[Operation]) -> dict[str, QuerySet[Any]]:
    """The rows that hang on these operations, by kind."""
    ids = operations.order_by().values("pk")
    questions = Escalation.objects.filter(operation__in=ids)
    kinds: dict[str, tuple[type[Model], str]] = {
        "decisions": (Decision, "escalation__in"),
        "approvals": (Approval, "escalation__in"),
        "comments": (Comment, "escalation__in"),
        "notices": (Notice, "escalation__in"),
    }
    return {
        "steps": Step.objects.filter(operation__in=ids),
        "events": Event.objects.filter(operation__in=ids),
        "escalations": questions,
        **{name: model._default_manager.filter(**{key: questions}) for name, (model, key) in kinds.items()},
        "model calls": ModelCall.objects.filter(operation__in=ids),
    }


def blank(operations: QuerySet[Operation]) -> None:
    """Blank what may be personal in these operations and the rows that hang on them, and record that it was done."""
    now = timezone.now()
    for name, rows in related(operations).items():
        rows.order_by().update(**BLANKS[name])
    Event.objects.bulk_create(
        Event(operation_id=pk, kind="forgotten", message="What may be personal was removed", created_at=now)
        for pk in operations.values_list("pk", flat=True)
    )
    operations.update(forgotten_at=now, updated_at=now, **BLANKS["operations"])
