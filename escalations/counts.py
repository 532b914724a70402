"""How much is under way and how much waits for a person, as far as somebody may see it."""

from typing import Any, TypedDict

from escalations.models import Escalation
from operations.models import Operation
from operations.states import MOVING


class Counts(TypedDict):
    active_operations: int
    escalations: int


def counts(client: Any) -> Counts:
    """For ``client`` (an API key, a person, or nobody): operations that Concord is at work on, and open escalations."""
    return {
        "active_operations": Operation.objects.visible_to(client).filter(status__in=MOVING).count(),
        "escalations": Escalation.objects.visible_to(client).open().count(),
    }
