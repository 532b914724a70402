"""Decisions that can be taken back for five seconds, and what became of them."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from django.db import connections
from django.utils import timezone

from escalations.deciding.decisions import Answer
from escalations.deciding.decisions import decide as decide_in_code
from escalations.models import Conflict, Decision, Escalation, Kind
from operations.models import Operation

WINDOW = timedelta(seconds=5)


def take(escalation: Escalation, kind: Kind = Kind.RETRY, who: str = "rita", **fields: Any) -> Decision:
    """Decide as the console does."""
    given: dict[str, Any] = {"window": WINDOW, "decision_id": f"of-{escalation.pk}-{escalation.revision}"} | fields
    taken = decide_in_code(escalation, Answer(kind, "because"), who=who, revision=escalation.revision, **given)
    assert isinstance(taken, Decision)
    return taken


def time_passes() -> None:
    """The time to take anything back is over."""
    Decision.objects.pending().update(effective_at=timezone.now() - timedelta(seconds=1))


def events(operation: Operation) -> list[str]:
    return list(operation.events.values_list("kind", flat=True))


def state(escalation: Escalation) -> tuple[str, str]:
    escalation.refresh_from_db()
    return escalation.status, Operation.objects.get(pk=escalation.operation_id).status


def at_once(*acts: Any) -> list[Conflict]:
    """Do all of them at the same moment; returns the conflicts."""
    start, conflicts = Barrier(len(acts)), []

    def run(act: Any) -> None:
        start.wait()
        try:
            act()
        except Conflict as conflict:
            conflicts.append(conflict)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return conflicts
