"""Carrying out the decisions that can no more be taken back."""

import logging

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from escalations.deciding.decisions import Answer, effect
from escalations.deciding.outcome import carry_out
from escalations.deciding.undo import refuse, void
from escalations.models import Decision, DecisionError, Kind
from operations.audit.recording import record
from operations.models import Operation, Superseded, TransitionError
from operations.states import ENDED

logger = logging.getLogger(__name__)

AT_ONCE = 200


def apply_due() -> None:
    """Carry out what is due, the oldest first. Costs one look at an index where nothing is.

    Each is carried out and marked so in one transaction: never twice, whoever else is at it, and after a crash it is
    due still. One that cannot be carried out is asked again.
    """
    due = Decision.objects.pending().filter(effective_at__lte=timezone.now()).order_by("effective_at", "pk")
    for pk in due.values_list("pk", flat=True)[:AT_ONCE]:
        _try(pk)


def _try(pk: int) -> None:
    try:
        with transaction.atomic():
            _apply(pk)
    except Superseded:  # a queue worker changed the operation in between: the next round looks again
        return
    except (OperationalError, InterfaceError):  # the database is away: all are due still
        raise
    except (DecisionError, TransitionError) as error:
        refuse(_get(pk), str(error))
    except Exception:
        logger.exception("Decision %s could not be carried out", pk)
        refuse(_get(pk), "Concord made a mistake; its log says which.")


def _apply(pk: int) -> None:
    decision = _get(pk)
    # Locked first, as by whoever cancels it, so that the two never wait for each other.
    operation = Operation.objects.select_for_update(no_key=True).get(pk=decision.escalation.operation_id)
    if operation.status in ENDED:
        void(operation)
        return
    effects = effect(decision.escalation, _answer(decision))  # another branch may have gone on since
    if Decision.objects.pending().filter(pk=pk).update(applied_at=timezone.now(), effect=effects):
        record(
            "escalation.carry_out",
            decision.escalation,
            after={"decision": str(decision.decision)},
            operation=operation.pk,
        )
        carry_out(decision, operation)


def _get(pk: int) -> Decision:
    return Decision.objects.select_related("escalation__operation").get(pk=pk)


def _answer(decision: Decision) -> Answer:
    return Answer(Kind(decision.decision), decision.reason, decision.edits, decision.steps)
