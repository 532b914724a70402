"""An escalation and a decision as clients see them."""

from typing import Any

from django.utils import timezone

from escalations.deciding import two_people
from escalations.models import Approval, Comment, Decision, Escalation
from operations.representation import iso

Json = dict[str, Any]


def escalation_json(escalation: Escalation) -> Json:
    """All of ``escalation``, with its decisions. A claim that has run out is not shown."""
    claimed = escalation.claimed_until and escalation.claimed_until > timezone.now()
    return {
        "escalation_id": escalation.pk,
        "operation_id": escalation.operation_id,
        "operation_type": escalation.operation.operation_type,
        "status": escalation.status,
        "reason": escalation.reason,
        "message": escalation.message,
        "findings": escalation.findings,
        "steps": escalation.steps,
        "offered": list(escalation.offered),
        "confidence_score": escalation.confidence_score,
        "risk": escalation.risk,
        "uncertainty": escalation.uncertainty,
        "assigned_to": escalation.assigned_to or None,
        "claimed_by": escalation.claimed_by if claimed else None,
        "claimed_until": iso(escalation.claimed_until) if claimed else None,
        "revision": escalation.revision,
        "created_at": iso(escalation.created_at),
        "decided_at": iso(escalation.decided_at),
        "approvals": {
            "needed": two_people.needed(escalation),
            "given": [{"by": one.approved_by, "at": iso(one.created_at)} for one in two_people.given(escalation)],
        },
        "decisions": [decision_json(decision) for decision in escalation.decisions.all()],
        "links": {
            "self": f"/escalations/{escalation.pk}",
            "operation": f"/operations/{escalation.operation_id}",
            "console": f"/console/escalations/{escalation.pk}",
        },
    }


def comment_json(comment: Comment) -> Json:
    return {
        "id": comment.pk,
        "author": comment.author or None,
        "text": comment.text,
        "mentions": comment.mentions,
        "created_at": iso(comment.created_at),
    }


def decision_json(decision: Decision | Approval) -> Json:
    return {
        "decision_id": decision.decision_id,
        "decision": decision.decision,
        "reason": decision.reason or None,
        "edits": decision.edits,
        "steps": decision.steps,
        "decided_by": decision.decided_by,
        "effect": decision.effect,
        "created_at": iso(decision.created_at),
        "effective_at": iso(decision.effective_at),
        "applied_at": iso(decision.applied_at),
        "undone_at": iso(decision.undone_at),
    }
