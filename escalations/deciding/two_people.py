"""Destructive actions that two people have to approve (a setting of the operation's type): the first of the two."""

from collections.abc import Sequence

from escalations.deciding.claims import tell_former
from escalations.models import Approval, Conflict, DecisionError, Escalation, Kind
from operations import live
from operations.audit.recording import record
from operations.models import Operation, type_setting
from operations.states import Reason


def needed(escalation: Escalation) -> int:
    """How many people have to approve it: two, or as usual one."""
    asks = escalation.reason == Reason.APPROVAL_NEEDED
    return 2 if asks and type_setting(escalation.operation.operation_type).two_approvals else 1


def given(escalation: Escalation) -> list[Approval]:
    """The first approvals of exactly what is asked now."""
    if escalation.status != Escalation.Status.OPEN or escalation.reason != Reason.APPROVAL_NEEDED:
        return []
    return [one for one in escalation.approvals.all() if one.digest == escalation.digest]


def standing(escalation: Escalation) -> str:
    """How far it is, in words; empty where one approval will do."""
    if needed(escalation) == 1:
        return ""
    names = sorted({one.approved_by for one in given(escalation)})
    return f"1 of 2 approved by {' and by '.join(names)}" if names else "Two people have to approve this"


def has_approved(escalation: Escalation, who: str) -> bool:
    """Is it another's turn?"""
    return needed(escalation) == 2 and any(one.approved_by == who for one in given(escalation))


def is_first(escalation: Escalation, kind: str, steps: Sequence[str], who: str) -> bool:
    """Would this be the first of two approvals of ``steps``? Raises `DecisionError` if ``who`` gave that already."""
    if kind != Kind.APPROVE or needed(escalation) == 1:
        return False
    covering = {one.approved_by for one in given(escalation) if set(steps) <= set(one.steps)}
    if covering - {who}:
        return False
    if who in covering:
        raise DecisionError("You have approved it: another person has to approve it too.")
    return True


def keep(approval: Approval, operation: Operation, revision: int) -> Approval:
    """Write down the first approval, in the caller's transaction. The question stays open, for another person.

    Raises `Conflict` if the question has changed since ``revision``: of two who come at once, one is the second.
    """
    escalation, who = approval.escalation, approval.approved_by
    row = Escalation.objects.open().filter(pk=escalation.pk, revision=revision)
    if not row.update(revision=revision + 1, claimed_by="", claimed_at=None, claimed_until=None):
        raise Conflict("It has changed since you read it.")
    tell_former(escalation, who, approval.reason)
    approval.save(force_insert=True)
    words = f": {approval.reason}" if approval.reason else ""
    message = f"{who} approved {', '.join(approval.steps)}, 1 of 2{words}"
    operation.record("approved", message, actor=who, data={"steps": approval.steps, "needed": 2})
    after = {"decision": str(Kind.APPROVE), "steps": approval.steps, "approvals": "1 of 2"}
    record("escalation.approve", escalation, after=after, operation=operation.pk, reason=approval.reason)
    live.announce(operation)
    live.announce_escalations()
    return approval
