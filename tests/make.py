"""Rows for tests: made through the doors of the domain where there is one, with defaults for what does not matter."""

from itertools import count
from typing import Any

from django.contrib.auth.models import User

from escalations import urgency
from escalations.models import Escalation
from operations import acts
from operations.models import ApiKey, Operation
from operations.roles import AUDITOR, REVIEWER, role
from operations.states import Reason, Status

_numbers = count(1)

COUNTIES = {"counties": ["Broward"]}


def make_key(*scopes: str, name: str = "") -> tuple[ApiKey, str]:
    """A client that may start operations, and what the ``scopes`` say besides; and its key."""
    return ApiKey.objects.issue(name or f"client-{next(_numbers)}", ["start", *scopes])


def make_operation(client: ApiKey | None = None, *, person: User | None = None, **fields: Any) -> Operation:
    """An operation as it was just received, from a client, from a person, or from nobody known."""
    given = {"operation_type": "data_pipeline", "parameters": COUNTIES, **fields}
    return acts.submit(given, client, person=person, actor=person.get_username() if person else "")[0]


def make_escalation(operation: Operation | None = None, **fields: Any) -> Escalation:
    """An open question about an operation that is escalating."""
    operation = operation or make_operation()
    if operation.status == Status.PLANNING:
        operation.move_to(Status.EXECUTING)
        operation.move_to(Status.VALIDATING)
        operation.move_to(Status.ESCALATING)
    given = {"reason": Reason.LOW_CONFIDENCE, "message": "The confidence is 0.41; 0.70 is needed.", **fields}
    about: dict[str, Any] = {"findings": [], "steps": [], "confidence_score": None, "created_at": None}
    judged = urgency.judged(operation, reason=given["reason"], **{name: given.get(name, about[name]) for name in about})
    return Escalation.objects.create(operation=operation, **judged | given)


def make_person(name: str = "", *roles: str, **fields: Any) -> User:
    """Somebody with an account and these roles; by default without any right."""
    person = User.objects.create_user(name or f"person-{next(_numbers)}", password="secret", **fields)
    person.groups.add(*(role(each) for each in roles))
    return person


def make_reviewer(name: str = "") -> User:
    """Somebody who may decide escalations."""
    return make_person(name, REVIEWER)


def make_auditor(name: str = "") -> User:
    """Somebody who sees everything and changes nothing."""
    return make_person(name, AUDITOR)
