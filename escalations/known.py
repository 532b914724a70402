"""What is known of people in questions: their messages may quote it, also where only a line of each is shown."""

from collections.abc import Iterable

from escalations.models import Escalation
from operations.masking.lists import MOST, know_rows


def know_questions(ids: Iterable[str]) -> None:
    """What the findings of these questions, and what was asked of their operations, tell of people."""
    if wanted := list(ids)[:MOST]:
        rows = Escalation.objects.filter(pk__in=wanted)
        know_rows(rows, "findings", "operation__parameters", "operation__metadata")
